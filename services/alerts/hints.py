"""Hints from `changes`, whose single partition also elects the active evaluator: who reads it, decides."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from services.alerts.metrics import BAD_HINTS
from services.alerts.settings import AlertsSettings
from shared.contracts.changes import decode_change
from shared.kafka import SESSION_TIMEOUT_MS
from shared.logs import get_logger
from shared.topics import CHANGES

log = get_logger(__name__)

STAND_BY_SECONDS = 0.5
"""How often one who stands by asks; so much later at most it learns that it is elected."""

IDLE_MS = 300_000
"""A member that asks for no messages so long is put out of the group, and let in again only when it asks."""


class Ownership(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka exports it untyped
    """Set while the partition of `changes` is assigned to this process."""

    def __init__(self) -> None:
        self.held = asyncio.Event()
        self.lost = asyncio.Event()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        if list(assigned):
            self.lost.clear()
            self.held.set()

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:  # noqa: ARG002 # its name is aiokafka's
        self.held.clear()
        self.lost.set()


class Hints:
    """The newest announced offset of each partition; a look at the board must have reached all of them."""

    def __init__(self, consumer: AIOKafkaConsumer, ownership: Ownership) -> None:
        self._consumer = consumer
        self.ownership = ownership
        self.announced: dict[int, int] = {}

    async def stand_by(self) -> None:
        """Until elected. It asks at least once and goes on asking: who is silent for `IDLE_MS` cannot be elected."""
        await self._take(0)
        while not self.ownership.held.is_set():
            await self._take(STAND_BY_SECONDS)

    async def wait(self, coalesce_seconds: float, at_most_seconds: float) -> None:
        """Until something moved (and `coalesce_seconds` more), or `at_most_seconds` have passed."""
        if await self._take(at_most_seconds):
            await asyncio.sleep(coalesce_seconds)
            await self._take(0)

    async def _take(self, timeout_seconds: float) -> bool:
        batches = await self._consumer.getmany(timeout_ms=int(timeout_seconds * 1000))
        for record in (record for records in batches.values() for record in records):
            self._remember(record.value)
        return bool(batches)

    def _remember(self, message: bytes | None) -> None:
        """A message that cannot be read is counted and still causes a look: it must never stop the evaluator."""
        try:
            change = decode_change(message or b"")
        except msgspec.DecodeError as error:
            BAD_HINTS.inc()
            log.warning("hint_malformed", cause=str(error)[:200])
            return
        self.announced[change.partition] = max(change.offset, self.announced.get(change.partition, -1))


@asynccontextmanager
async def changes_consumer(settings: AlertsSettings, idle_ms: int = IDLE_MS) -> AsyncIterator[Hints]:
    """A consumer of `changes` in the group that elects the evaluator; it starts at the end: hints are not history."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap,
        group_id=f"{settings.topic_prefix}alerts",
        auto_offset_reset="latest",
        session_timeout_ms=SESSION_TIMEOUT_MS,
        heartbeat_interval_ms=SESSION_TIMEOUT_MS // 3,
        max_poll_interval_ms=idle_ms,
    )
    ownership = Ownership()
    consumer.subscribe([settings.topic_prefix + CHANGES], listener=ownership)
    await consumer.start()
    try:
        yield Hints(consumer, ownership)
    finally:
        await consumer.stop()
