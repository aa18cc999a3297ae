"""Copies the log record by record, and writes such a copy into an empty log, every record at its old offset."""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import ConsumerRecord, TopicPartition

from deploy.backup.segments import Copied, SegmentWriter, copied_end, read, record_at, segments
from shared.errors import StartError
from shared.kafka import consumer, producer
from shared.settings import SharedSettings
from shared.topics import DEAD_LETTERS, EVENTS
from shared.topics.setup import create_topics, verify_topics

KEPT = (EVENTS, DEAD_LETTERS)
"""`changes` and `commands` are acted on within seconds; what they brought about is in the tables."""

SEGMENT_BYTES = 256 << 20
"""Before compression. A backup adds one file to each partition, a first one of a long log several."""

POLL_MS = 1_000
MAX_POLL_RECORDS = 200
UNDER_WAY = 256
"""Records sent and not yet acknowledged while a log is written: 256 envelopes of 256 KB are 64 MB at most."""


class Part(NamedTuple):
    """A partition of a kept topic, by the topic's name without a prefix."""

    topic: str
    partition: int

    @property
    def name(self) -> str:
        """`events-3`."""
        return f"{self.topic}-{self.partition}"


def parts(settings: SharedSettings) -> list[Part]:
    """All that is copied."""
    return [*(Part(EVENTS, number) for number in range(settings.partitions)), Part(DEAD_LETTERS, 0)]


def folder_of(root: Path, part: Part) -> Path:
    """Where the copy of a partition is."""
    return root / "log" / part.name


async def copy_log(settings: SharedSettings, root: Path) -> dict[str, int]:
    """Adds what the copy lacks up to the log's present end; returns the end (offset after the last) by part.

    Raises `StartError` when the log is another one than the copied, or no longer begins where the copy ends.
    """
    await verify_topics(settings)
    ends = {}
    async with _reading(settings) as reader:
        for part in parts(settings):
            await _copy(reader, settings, part, root)
            ends[part.name] = copied_end(folder_of(root, part))
    return ends


async def restore_log(settings: SharedSettings, root: Path) -> dict[str, int]:
    """Makes the topics and writes what the log lacks of the copy; returns how many records, by part.

    Repeated after an interruption it goes on. Raises `StartError` when the log holds other records.
    """
    await create_topics(settings)
    written = {}
    async with _reading(settings) as reader, producer(settings) as out:
        for part in parts(settings):
            written[part.name] = await _restore(reader, out, settings, part, root)
    return written


async def log_ends(settings: SharedSettings) -> dict[int, int]:
    """The offset after the last event, by partition."""
    async with _reading(settings) as reader:
        every = [_place(settings, part) for part in parts(settings) if part.topic == EVENTS]
        return {place.partition: end for place, end in (await reader.end_offsets(every)).items()}


def check_copy(settings: SharedSettings, root: Path) -> dict[str, int]:
    """Reads every file to its end; returns the number of records by part. Raises `StartError`."""
    return {
        part.name: sum(1 for segment in segments(folder_of(root, part)) for _ in read(segment))
        for part in parts(settings)
    }


async def _copy(reader: AIOKafkaConsumer, settings: SharedSettings, part: Part, root: Path) -> None:
    folder, place = folder_of(root, part), _place(settings, part)
    first = copied_end(folder)
    begin, end = await _bounds(reader, place)
    if begin > first or end < first:
        raise StartError(f"log {part.name} holds {begin} to {end - 1}; its copy ends at {first - 1}: another log?")
    await _prove_same(settings, place, folder, first - 1)
    records = _records(settings, place, first, end)
    left = True
    while left:
        left = False
        with SegmentWriter(folder) as segment:
            async for record in records:
                segment.add(record)
                if segment.written_bytes >= SEGMENT_BYTES:
                    left = True
                    break
            segment.finish()


async def _restore(
    reader: AIOKafkaConsumer, out: AIOKafkaProducer, settings: SharedSettings, part: Part, root: Path
) -> int:
    folder, place = folder_of(root, part), _place(settings, part)
    copied = copied_end(folder)
    begin, end = await _bounds(reader, place)
    if begin:
        raise StartError(f"log {part.name} begins at {begin}: make its topic anew")
    await _prove_same(settings, place, folder, min(end, copied) - 1)
    under_way: deque[tuple[int, Awaitable[Any]]] = deque()
    for record in _from(folder, end):
        sent = await out.send(
            place.topic,
            record.value,
            record.key,
            partition=place.partition,
            timestamp_ms=record.at_ms,
            headers=record.headers,
        )
        under_way.append((record.offset, sent))
        if len(under_way) >= UNDER_WAY:
            await _acknowledged(part, *under_way.popleft())
    while under_way:
        await _acknowledged(part, *under_way.popleft())
    return max(0, copied - end)


async def _acknowledged(part: Part, offset: int, sent: Awaitable[Any]) -> None:
    """Raises `StartError` when the record did not get its old offset: somebody else writes to the log."""
    if (found := (await sent).offset) != offset:
        raise StartError(f"record {offset} of {part.name} was written at {found}: stop ingest, make the topic anew")


async def _prove_same(settings: SharedSettings, place: TopicPartition, folder: Path, offset: int) -> None:
    """Raises `StartError` when log and copy differ in the last record that both have."""
    if offset < 0:
        return
    async for record in _records(settings, place, offset, offset + 1):
        if record != record_at(folder, offset):
            raise StartError(f"record {offset} of {place.topic}-{place.partition} differs from its copy: another log")


def _from(folder: Path, offset: int) -> Iterator[Copied]:
    for segment in segments(folder):
        if segment.last >= offset:
            yield from (record for record in read(segment) if record.offset >= offset)


async def _records(settings: SharedSettings, place: TopicPartition, first: int, end: int) -> AsyncIterator[Copied]:
    if first >= end:
        # aiokafka's stop right after start raises CancelledError.
        return
    async with _reading(settings) as reader:
        reader.assign([place])
        reader.seek(place, first)
        while first < end:
            polled = await reader.getmany(place, timeout_ms=POLL_MS, max_records=MAX_POLL_RECORDS)
            for found in polled.get(place, []):
                if found.offset < end:
                    first = found.offset + 1
                    yield _copied(found)


def _copied(found: ConsumerRecord) -> Copied:
    headers = [(name, value) for name, value in found.headers]
    return Copied(found.offset, found.timestamp, found.key, found.value, headers)


async def _bounds(reader: AIOKafkaConsumer, place: TopicPartition) -> tuple[int, int]:
    return (await reader.beginning_offsets([place]))[place], (await reader.end_offsets([place]))[place]


def _place(settings: SharedSettings, part: Part) -> TopicPartition:
    return TopicPartition(settings.topic_prefix + part.topic, part.partition)


@asynccontextmanager
async def _reading(settings: SharedSettings) -> AsyncIterator[AIOKafkaConsumer]:
    reader = consumer(settings)
    await reader.start()
    try:
        yield reader
    finally:
        await reader.stop()
