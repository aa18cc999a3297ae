"""Composition root: changes → look at the board → decide → record → deliver."""

import asyncio
import secrets
from datetime import UTC, datetime
from functools import partial
from typing import Any

from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError

from services.alerts.board import all_reached, read_board
from services.alerts.channels import Channel
from services.alerts.channels.webhook import WebhookChannel
from services.alerts.delivery import DeliveryQueue
from services.alerts.evaluator import Evaluator
from services.alerts.hints import Hints, changes_consumer
from services.alerts.metrics import EVALUATIONS, OWNER
from services.alerts.pages import health_server, prove_engine
from services.alerts.policy import load_policies
from services.alerts.settings import AlertsSettings
from services.alerts.store import ClickHouseAlertStore
from shared.clickhouse import is_fenced, reader, writer
from shared.errors import FencedError, RetryableError
from shared.logs import get_logger

BEHIND_SECONDS = 0.1
"""Pause before the board is read again because its snapshot was older than the hint."""

RETRY_SECONDS = 1.0
"""Pause after the engine was away; state is read anew then, because an insert's outcome may be unknown."""

log = get_logger(__name__)


async def serve(settings: AlertsSettings) -> None:
    """The election and the health pages, until SIGTERM. Raises StartError or FencedError with one line."""
    await asyncio.to_thread(prove_engine, settings)
    async with changes_consumer(settings) as hints:
        watching = asyncio.create_task(watch(settings, hints))
        pages = asyncio.create_task(health_server(settings).serve())
        await first_to_end([watching, pages])


async def watch(settings: AlertsSettings, hints: Hints) -> None:
    """Wait to be elected, own the alerts until they are lost, and again."""
    while True:
        await hints.ownership.held.wait()
        try:
            await own(settings, hints)
        except (ClickHouseError, RetryableError, OSError) as error:
            log.warning("alerts_interrupted", error=type(error).__name__, detail=str(error)[:300])
            await asyncio.sleep(RETRY_SECONDS)
        finally:
            OWNER.set(0)


async def own(settings: AlertsSettings, hints: Hints) -> None:
    """Decide and deliver until ownership is lost. Leaves with the engine's error when that is away."""
    clock = partial(now, settings)
    store = ClickHouseAlertStore(await asyncio.to_thread(writer, settings))
    states = await asyncio.to_thread(store.take_over, secrets.randbits(63))
    read = partial(read_board, await asyncio.to_thread(reader, settings))
    evaluator = Evaluator(read, store, load_policies(settings.policies), clock, states)
    queues = [DeliveryQueue(channel, store, clock) for channel in configured_channels(settings)]
    for queue in queues:
        await queue.refill()
    OWNER.set(1)
    log.info("elected", alerts=len(states))
    tasks: list[asyncio.Task[Any]] = [asyncio.create_task(queue.run()) for queue in queues]
    tasks.append(asyncio.create_task(decide_for_ever(settings, evaluator, hints, queues)))
    tasks.append(asyncio.create_task(hints.ownership.lost.wait()))
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
            queue.put(notifications)
        await hints.wait(settings.coalesce.total_seconds(), settings.evaluate_every.total_seconds())


async def first_to_end(tasks: list[asyncio.Task[Any]]) -> None:
    """Wait for the first task, cancel the others, and raise what it raised; a stale token is final."""
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for error in filter(None, (task.exception() for task in done)):
        if isinstance(error, DatabaseError) and is_fenced(error):
            raise FencedError("another process owns the alerts") from error
        raise error


def configured_channels(settings: AlertsSettings) -> list[Channel]:
    """The channels that the settings name."""
    if not settings.webhook_url or not settings.webhook_secret_file:
        return []
    return [WebhookChannel(settings.webhook_url, settings.webhook_secret_file.read_text().strip())]


def now(settings: AlertsSettings) -> datetime:
    """The clock, moved by the configured offset."""
    return datetime.now(UTC) + settings.clock_offset
