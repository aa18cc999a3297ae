"""Envelopes: every event once, in its partition, in order, within both limits; the twin behaves like the log."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.publisher import MAX_ENVELOPE_BYTES, MAX_ENVELOPE_EVENTS, MemoryPublisher, envelopes
from shared.contracts.event import Event, decode_envelope
from shared.errors import RetryableError
from shared.topics import partition_of


def an_event(number: int, size: int = 0) -> Event:
    subject = f"dataset/d{number}"
    return Event(
        "/systems/dvc", str(number), "dataset.published", subject, 1, "so-khcn", 0, "", b"x" * 12, {"s": "x" * size}
    )


@given(st.lists(st.integers(0, 50), max_size=200), st.integers(1, 8))
def test_every_event_is_in_its_partition_once_and_in_order(numbers: list[int], partitions: int) -> None:
    events = [an_event(number) for number in numbers]

    found: dict[int, list[Event]] = {}
    for partition, record in envelopes(events, partitions, 7):
        found.setdefault(partition, []).extend(decode_envelope(record).events)

    wanted: dict[int, list[Event]] = {}
    for event in events:
        wanted.setdefault(partition_of(event.subject, partitions), []).append(event)
    assert found == wanted


@pytest.mark.parametrize(("count", "size"), [(1_000, 0), (400, 3_000), (1, 300_000)])
def test_no_envelope_is_above_its_limits_unless_one_event_is(count: int, size: int) -> None:
    records = [decode_envelope(record) for _, record in envelopes([an_event(n, size) for n in range(count)], 1, 7)]

    assert sum(len(record.events) for record in records) == count
    for record in records:
        assert len(record.events) <= MAX_ENVELOPE_EVENTS
        assert len(record.events) == 1 or len(json.dumps([e.data for e in record.events])) <= MAX_ENVELOPE_BYTES
        assert record.received == 7


def test_few_events_of_one_partition_make_one_record() -> None:
    assert len(envelopes([an_event(n) for n in range(100)], 1, 7)) == 1


async def test_the_twin_refuses_while_it_is_away_and_keeps_nothing() -> None:
    publisher = MemoryPublisher(partitions=4)
    publisher.away = True

    with pytest.raises(RetryableError):
        await publisher.publish([an_event(1)], int(datetime(2026, 3, 2, tzinfo=UTC).timestamp()))
    assert await publisher.ready() == "the log is away"
    assert not any(publisher.records.values())
