"""Writes accepted events to the log: one record per partition and request, acknowledged by every replica."""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.contracts.event import Envelope, Event, encode_envelope
from shared.errors import RetryableError, StartError
from shared.kafka import producer as new_producer
from shared.logs import get_logger
from shared.settings import SharedSettings
from shared.topics import EVENTS, partition_of
from shared.topics.setup import verify_topics

MAX_ENVELOPE_EVENTS = 500
MAX_ENVELOPE_BYTES = 256 * 1024
"""A worker takes a block of records into memory; a quarter of the record limit keeps blocks small."""

STOP_SECONDS = 5.0
"""A producer whose broker is away never finishes flushing."""

READY_SECONDS = 2.0
"""A healthy broker answers within milliseconds."""

log = get_logger(__name__)


class Publisher(Protocol):
    """Where accepted events go."""

    async def publish(self, events: Sequence[Event], received_ms: int) -> None:
        """Returns when all events are durable. Raises `RetryableError`: then some may be, and a repeat is safe."""

    async def ready(self) -> str:
        """ "" when usable, else the cause."""


class MemoryPublisher:
    """The twin for tests: holds the records by partition; `away` makes it refuse like a broker that is down."""

    def __init__(self, partitions: int) -> None:
        self.records: dict[int, list[bytes]] = {number: [] for number in range(partitions)}
        self.away = False

    async def publish(self, events: Sequence[Event], received_ms: int) -> None:
        """See `Publisher.publish`."""
        if self.away:
            raise RetryableError("the log is away")
        for partition, record in envelopes(events, len(self.records), received_ms):
            self.records[partition].append(record)

    async def ready(self) -> str:
        """See `Publisher.ready`."""
        return "the log is away" if self.away else ""


class KafkaPublisher:
    """Topic `events` of a real broker. A producer that broke for good is replaced, so that no restart is needed."""

    def __init__(self, settings: SharedSettings, deadline_seconds: float, observe_ack: Callable[[float], None]) -> None:
        self._settings = settings
        self._topic = settings.topic_prefix + EVENTS
        self._deadline_seconds = deadline_seconds
        self._observe_ack = observe_ack
        self._producer: AIOKafkaProducer | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Proves the topics and the producer. Raises `StartError`."""
        await verify_topics(self._settings)
        try:
            self._producer = await self._connect()
        except (KafkaError, OSError, TimeoutError) as error:
            raise StartError(f"Kafka at {self._settings.kafka_bootstrap}: {type(error).__name__}") from error

    async def stop(self) -> None:
        """Hands over what is still under way, within a deadline."""
        if self._producer is not None:
            await _stop(self._producer)
        await asyncio.gather(*self._closing)

    async def publish(self, events: Sequence[Event], received_ms: int) -> None:
        """See `Publisher.publish`."""
        began = time.monotonic()
        producer = self._producer or await self._reconnect()
        try:
            async with asyncio.timeout(self._deadline_seconds):
                await self._send(producer, envelopes(events, self._settings.partitions, received_ms))
        except TimeoutError as error:
            raise RetryableError(f"Kafka did not acknowledge within {self._deadline_seconds} s") from error
        except KafkaError as error:
            self._give_up(producer, error)
            raise RetryableError(f"Kafka refused: {type(error).__name__}") from error
        self._observe_ack(time.monotonic() - began)

    async def ready(self) -> str:
        """See `Publisher.ready`."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                producer = self._producer or await self._reconnect()
                await producer.client.fetch_all_metadata()
        except (KafkaError, OSError, TimeoutError, RetryableError) as error:
            return f"Kafka does not answer ({type(error).__name__})"
        return ""

    async def _send(self, producer: AIOKafkaProducer, records: list[tuple[int, bytes]]) -> None:
        pending = [await producer.send(self._topic, record, partition=number) for number, record in records]
        await asyncio.gather(*pending)

    async def _connect(self) -> AIOKafkaProducer:
        producer = new_producer(self._settings)
        try:
            async with asyncio.timeout(self._deadline_seconds):
                await producer.start()
                await producer.partitions_for(self._topic)
        except BaseException:
            await _stop(producer)
            raise
        return producer

    async def _reconnect(self) -> AIOKafkaProducer:
        try:
            producer = await self._connect()
        except (KafkaError, OSError, TimeoutError) as error:
            raise RetryableError(f"Kafka does not answer ({type(error).__name__})") from error
        if self._producer is not None:
            await _stop(producer)
            return self._producer
        self._producer = producer
        return producer

    def _give_up(self, producer: AIOKafkaProducer, error: KafkaError) -> None:
        """An idempotent producer whose sequence has a gap refuses for ever; the next request makes a new one."""
        if self._producer is producer:
            log.warning("producer_replaced", cause=type(error).__name__)
            self._producer = None
            task = asyncio.create_task(_stop(producer), name="close producer")
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


def envelopes(events: Sequence[Event], partitions: int, received_ms: int) -> list[tuple[int, bytes]]:
    """(partition, record) of the events, in their order within each partition; each within both limits."""
    groups: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        groups[partition_of(event.subject, partitions)].append(event)
    return [(number, record) for number, group in groups.items() for record in _records(group, received_ms)]


def _records(events: list[Event], received_ms: int) -> list[bytes]:
    if len(events) <= MAX_ENVELOPE_EVENTS:
        record = encode_envelope(Envelope(received_ms, events))
        if len(record) <= MAX_ENVELOPE_BYTES or len(events) == 1:
            return [record]
    middle = len(events) // 2
    return _records(events[:middle], received_ms) + _records(events[middle:], received_ms)


async def _stop(producer: AIOKafkaProducer) -> None:
    with contextlib.suppress(TimeoutError, KafkaError, OSError):
        async with asyncio.timeout(STOP_SECONDS):
            await producer.stop()
