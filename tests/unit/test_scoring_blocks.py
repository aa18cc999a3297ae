"""Folding records of the log: what is poison is set aside alone, and a block stays within its rows."""

from collections.abc import Sequence

import pytest

from services.scoring.blocks import Folded, Folder
from services.scoring.buffer import LogRecord
from services.scoring.engine import Block, process
from services.scoring.facts import Facts
from services.scoring.records import Delivery, Record
from services.scoring.store import MemoryStore
from shared.contracts.event import Envelope, Event, encode_envelope
from shared.topics import partition_of
from tests.support.scoring import FACTS, filings

RECEIVED = 1_772_500_000_000


def log_record(offset: int, events: Sequence[Event], version: int = 1) -> LogRecord:
    return LogRecord(0, offset, 5, encode_envelope(Envelope(RECEIVED + offset, list(events), version)))


def filing(number: int) -> list[Event]:
    return filings(number, 1)


def fold(records: Sequence[LogRecord], folder: Folder | None = None) -> Folded:
    return (folder or Folder(FACTS, 1, 50_000)).fold(MemoryStore(), records)


def reasons(folded: Folded) -> list[tuple[int, str]]:
    return [(poison.record.offset, poison.reason) for poison in folded.poison]


def entries(folded: Folded) -> list[tuple[object, ...]]:
    """Ledger rows up to the reason; after it stands the position, which depends on how records fall into blocks."""
    return sorted(row[:11] for row in folded.output.ledger)


class FailingProcess:
    """The engine with a reading that raises for one subject."""

    def __init__(self, subject: str) -> None:
        self._subject = subject

    def __call__(self, facts: Facts, records: dict[str, Record], deliveries: Sequence[Delivery]) -> Block:
        if any(delivery.event.subject == self._subject for delivery in deliveries):
            raise ZeroDivisionError
        return process(facts, records, deliveries)


def test_a_block_covers_all_records_and_ends_at_the_last() -> None:
    folded = fold([log_record(3, filing(1)), log_record(4, filing(2))])
    assert (folded.taken, folded.events, folded.output.last_offset, folded.output.received) == (2, 8, 4, RECEIVED + 4)
    assert len(folded.records) == 2


def test_bytes_that_are_no_envelope_are_poison_and_the_offset_still_moves() -> None:
    folded = fold([log_record(3, filing(1)), LogRecord(0, 4, RECEIVED, b"\xc1")])
    assert reasons(folded) == [(4, "undecodable")]
    assert (folded.output.last_offset, folded.events) == (4, 4)


def test_a_block_of_poison_alone_moves_the_mark_by_the_broker_s_time() -> None:
    folded = fold([LogRecord(0, 9, 77, b"")])
    assert (folded.output.events, folded.output.last_offset, folded.output.received) == ([], 9, 77)


def test_an_envelope_of_a_later_version_is_not_guessed_at() -> None:
    assert reasons(fold([log_record(0, filing(1), version=2)])) == [(0, "unknown_version")]


def test_an_event_in_a_partition_that_is_not_its_own_is_not_counted() -> None:
    events = next(filing(n) for n in range(50) if partition_of(filing(n)[0].subject, 4) != 0)
    assert reasons(fold([log_record(0, events)], Folder(FACTS, 4, 50_000))) == [(0, "wrong_partition")]


def test_the_record_a_reading_raises_on_is_isolated_and_the_others_count_as_without_it() -> None:
    bad = filing(2)
    records = [log_record(0, filing(1)), log_record(1, bad), log_record(2, filing(3)), log_record(3, filing(1))]
    folded = fold(records, Folder(FACTS, 1, 50_000, FailingProcess(bad[0].subject)))
    without = fold([records[0], records[2], records[3]])
    assert reasons(folded) == [(1, "reading_failed")]
    assert entries(folded) == entries(without)
    assert folded.records == without.records
    assert (folded.output.last_offset, folded.taken) == (3, 4)


@pytest.mark.parametrize("max_rows", [1, 9, 20])
def test_a_block_that_would_be_too_long_takes_fewer_records_but_one_at_least(max_rows: int) -> None:
    records = [log_record(offset, filing(offset)) for offset in range(8)]
    folded = fold(records, Folder(FACTS, 1, max_rows))
    assert folded.taken == 1 or len(folded.output.ledger) <= max_rows
    assert folded.output.last_offset == folded.taken - 1
