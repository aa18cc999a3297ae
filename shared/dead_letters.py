"""The dead-letter topic: records of `events` that could not be processed, and which of them were sent again since."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from shared.kafka import consumer
from shared.settings import SharedSettings
from shared.topics import DEAD_LETTERS

REPLAYED = "replayed"
"""Reason of the empty record that says: the events of this one were sent again."""

MAX_READ_RECORDS = 10_000
"""The newest ones; more is one fault many times, and what is waiting first is at the end all the same."""

READ_SECONDS = 20
"""A broker that goes away in the middle gives nothing more, without an error."""

POLL_MS = 500
MAX_POLL_RECORDS = 50

Position = tuple[int, int]
"""(partition, offset) in `events`."""


class DeadLetter(NamedTuple):
    """A record that could not be processed; `at` and `replayed_at` in ms, the latter 0 as long as it waits."""

    partition: int
    offset: int
    reason: str
    at: int
    size: int
    replayed_at: int


class Note(NamedTuple):
    """A record of the topic: about which position, why, when (ms), and how many bytes it carries."""

    position: Position
    reason: str
    at: int
    size: int


def dead_letter_headers(partition: int, offset: int, reason: str) -> list[tuple[str, bytes]]:
    """What a record of the topic says about the record of `events` that it is about."""
    return [("partition", str(partition).encode()), ("offset", str(offset).encode()), ("reason", reason.encode())]


def standing_letters(notes: Iterable[Note]) -> dict[Position, DeadLetter]:
    """One letter per position out of the topic's notes in order; a record may have been noted several times (pure)."""
    letters: dict[Position, DeadLetter] = {}
    for position, reason, at, size in notes:
        known = letters.get(position)
        if reason == REPLAYED:
            if known is not None:
                letters[position] = known._replace(replayed_at=at)
        elif known is None:
            letters[position] = DeadLetter(*position, reason, at, size, 0)
        else:
            letters[position] = known._replace(reason=reason)
    return letters


async def read_dead_letters(settings: SharedSettings) -> dict[Position, DeadLetter]:
    """What stands in the topic now. Raises `KafkaError` or `TimeoutError` when the broker is away."""
    topic = TopicPartition(settings.topic_prefix + DEAD_LETTERS, 0)
    source = consumer(settings)
    try:
        await source.start()
        async with asyncio.timeout(READ_SECONDS):
            return standing_letters([note async for note in _notes(source, topic)])
    finally:
        await source.stop()


async def _notes(source: AIOKafkaConsumer, topic: TopicPartition) -> AsyncIterator[Note]:
    source.assign([topic])
    end = (await source.end_offsets([topic]))[topic]
    at = max((await source.beginning_offsets([topic]))[topic], end - MAX_READ_RECORDS)
    source.seek(topic, at)
    while at < end:
        for message in (await source.getmany(topic, timeout_ms=POLL_MS, max_records=MAX_POLL_RECORDS)).get(topic, []):
            at = message.offset + 1
            if (note := _note(message)) is not None:
                yield note


def _note(message: Any) -> Note | None:
    """None for a record that somebody else wrote into the topic."""
    headers: Mapping[str, bytes] = dict(message.headers)
    try:
        position = (int(headers["partition"]), int(headers["offset"]))
        reason = headers["reason"].decode()
    except (KeyError, ValueError):
        return None
    return Note(position, reason, message.timestamp, len(message.value or b""))
