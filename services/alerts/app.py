"""Composition root: changes → look at the board → decide → record → deliver."""

import asyncio
import contextlib
import secrets
from datetime import UTC, datetime
from functools import partial

import structlog
from aiokafka import AIOKafkaConsumer
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from services.alerts.board import read_board, reached
from services.alerts.channels import Channel
from services.alerts.channels.webhook import WebhookChannel
from services.alerts.delivery import DeliveryQueue
from services.alerts.evaluator import Evaluator
from services.alerts.hints import Hints, Ownership
from services.alerts.metrics import EVALUATIONS, OWNER
from services.alerts.observation import Observation
from services.alerts.policy import Policies, load_policies
from services.alerts.settings import AlertsSettings
from services.alerts.store import ClickHouseAlertStore
from shared.clickhouse import error_code, reader_client, writer_client
from shared.errors import FencedError
from shared.topics import CHANGES

NOT_OWNER = 469
"""ClickHouse's code for a violated constraint: the row carried the token of a former owner."""

BEHIND_SECONDS = 0.1
"""Pause before the board is read again because its snapshot was older than the hint."""

RETRY_SECONDS = 1.0
"""Pause after the engine was away; state is read anew then, because an insert's outcome may be unknown."""

log = structlog.get_logger()


async def run(settings: AlertsSettings) -> None:
    """Take part in the election for ever; decide and deliver while elected. Raises FencedError when replaced."""
    policies = load_policies(settings.policies)
    channels = configured_channels(settings)
    ownership = Ownership()
    async with changes_consumer(settings, ownership) as consumer:
        while True:
            await ownership.held.wait()
            with contextlib.suppress(ClickHouseError, OSError):
                await own(settings, policies, channels, Hints(consumer), ownership)
            OWNER.set(0)
            await asyncio.sleep(RETRY_SECONDS)


async def own(
    settings: AlertsSettings, policies: Policies, channels: list[Channel], hints: Hints, ownership: Ownership
) -> None:
    """Decide and deliver until ownership is lost. Leaves with the engine's error when that is away."""
    clock = partial(now, settings)
    reader: Client = await asyncio.to_thread(reader_client, settings)
    store = ClickHouseAlertStore(await asyncio.to_thread(writer_client, settings), settings.clickhouse_database)
    states = await asyncio.to_thread(store.take_over, secrets.randbits(63))
    evaluator = Evaluator(partial(read_board, reader), store, policies, clock, states)
    queues = [DeliveryQueue(channel, store, clock) for channel in channels]
    for queue in queues:
        await queue.refill()
    OWNER.set(1)
    log.info("owner", alerts=len(states))
    tasks = [asyncio.create_task(decide_for_ever(settings, evaluator, hints, queues))]
    tasks += [asyncio.create_task(queue.run()) for queue in queues]
    tasks.append(asyncio.create_task(ownership.lost.wait()))
    await first_to_end(tasks)


async def decide_for_ever(
    settings: AlertsSettings, evaluator: Evaluator, hints: Hints, queues: list[DeliveryQueue]
) -> None:
    """Look at once, then whenever something moved, and at least every `evaluate_every`."""
    while True:
        notifications = await asyncio.to_thread(evaluator.look, partial(all_reached, dict(hints.announced)))
        EVALUATIONS.labels("behind" if notifications is None else "decided").inc()
        if notifications is None:
            await asyncio.sleep(BEHIND_SECONDS)
            continue
        for queue in queues:
            for notification in notifications:
                queue.put(notification)
        await hints.wait(settings.coalesce.total_seconds(), settings.evaluate_every.total_seconds())


async def first_to_end(tasks: list["asyncio.Task[object]"]) -> None:
    """Wait for the first task, cancel the others, and raise what it raised; a stale token is final."""
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        error = task.exception()
        if error and error_code(error) == NOT_OWNER:
            raise FencedError("another process owns the alerts") from error
        if error:
            log.warning("alerts_interrupted", error=type(error).__name__, detail=str(error)[:300])
            raise error


def all_reached(announced: dict[int, int], board: list[Observation]) -> bool:
    """Whether the snapshot contains every announced offset."""
    return all(reached(board, partition, offset) for partition, offset in announced.items())


def configured_channels(settings: AlertsSettings) -> list[Channel]:
    """The channels that the settings name."""
    if not settings.webhook_url or not settings.webhook_secret_file:
        return []
    return [WebhookChannel(settings.webhook_url, settings.webhook_secret_file.read_text().strip())]


def changes_consumer(settings: AlertsSettings, ownership: Ownership) -> "contextlib.AbstractAsyncContextManager[AIOKafkaConsumer]":
    """A consumer of `changes` in the group that elects the evaluator; starts at the end, hints are not history."""

    @contextlib.asynccontextmanager
    async def started():  # type: ignore[no-untyped-def]
        consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka_bootstrap,
            group_id=f"{settings.topic_prefix}alerts",
            auto_offset_reset="latest",
            session_timeout_ms=6000,
            heartbeat_interval_ms=2000,
        )
        consumer.subscribe([settings.topic_prefix + CHANGES], listener=ownership)
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop()

    return started()


def now(settings: AlertsSettings) -> datetime:
    """The clock, moved by the configured offset."""
    return datetime.now(UTC) + settings.clock_offset
