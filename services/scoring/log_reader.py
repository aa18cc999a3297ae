"""Reads the log beside the group: how long it is, and again what a store has lost."""

from collections.abc import AsyncIterator

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from services.scoring.buffer import LogRecord
from shared.kafka import consumer
from shared.settings import SharedSettings
from shared.topics import EVENTS

POLL_MS = 1_000
"""How long one read waits; only so often can a restore that gets nothing be seen to stand still."""

MAX_RECORDS = 200
"""Per read: 200 envelopes of 256 KB are 50 MB at most."""


class LogReader:
    """Bounds and contents of the partitions of `events`, without a group, so without effect on it."""

    def __init__(self, settings: SharedSettings) -> None:
        self._settings = settings
        self._topic = settings.topic_prefix + EVENTS
        self._offsets: AIOKafkaConsumer = consumer(settings)

    async def start(self) -> None:
        """Raises `KafkaError` when the broker is away."""
        await self._offsets.start()

    async def stop(self) -> None:
        """Closes the connection."""
        await self._offsets.stop()

    async def bounds(self, partition: int) -> tuple[int, int]:
        """(first offset, offset after the last). Raises `KafkaError`."""
        tp = TopicPartition(self._topic, partition)
        return (await self._offsets.beginning_offsets([tp]))[tp], (await self._offsets.end_offsets([tp]))[tp]

    async def ends(self, partitions: list[int]) -> dict[int, int]:
        """The offset after the last record, by partition. Raises `KafkaError`."""
        ends = await self._offsets.end_offsets([TopicPartition(self._topic, partition) for partition in partitions])
        return {tp.partition: end for tp, end in ends.items()}

    async def records(self, partition: int, first: int, last: int) -> AsyncIterator[list[LogRecord]]:
        """The records from `first` to `last`, both included, in chunks."""
        if first > last:
            # aiokafka's stop right after start raises CancelledError, which would look like our own.
            return
        tp = TopicPartition(self._topic, partition)
        reader = consumer(self._settings)
        await reader.start()
        try:
            reader.assign([tp])
            reader.seek(tp, first)
            while first <= last:
                found = (await reader.getmany(tp, timeout_ms=POLL_MS, max_records=MAX_RECORDS)).get(tp, [])
                chunk = [LogRecord(partition, m.offset, m.timestamp, m.value or b"") for m in found if m.offset <= last]
                if chunk:
                    yield chunk
                if found:
                    first = found[-1].offset + 1
        finally:
            await reader.stop()
