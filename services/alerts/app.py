"""Composition root: changes → look → decide → record → deliver; commands → act → record → deliver."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from aiokafka.errors import KafkaError
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError

from services.alerts.channels import Channel
from services.alerts.channels.webhook import WebhookChannel
from services.alerts.commands import obey_for_ever
from services.alerts.delivery import DeliveryQueue
from services.alerts.evaluator import Evaluator, Senses
from services.alerts.heartbeat import beat_for_ever
from services.alerts.hints import Hints, changes_consumer
from services.alerts.metrics import OWNER
from services.alerts.owner import Owner
from services.alerts.pages import health_server, prove_engine
from services.alerts.policy import Policies, Policy
from services.alerts.policy_files import load_policies
from services.alerts.settings import AlertsSettings
from services.alerts.state import Change
from services.alerts.store import AlertStore, Notification
from services.alerts.tables import ClickHouseAlertStore
from shared.catalogue import load_catalogue
from shared.clickhouse import is_fenced, reader, writer
from shared.errors import FencedError, RetryableError
from shared.logs import get_logger

RETRY_SECONDS = 1.0
"""Pause after engine or broker was away; state is read anew then, because an insert's outcome may be unknown."""

Sense = Callable[[Client, Policies], Senses]
Clock = Callable[[], datetime]

log = get_logger(__name__)


async def serve(settings: AlertsSettings, sense: Sense) -> None:
    """The election and the health pages, until SIGTERM. Raises StartError or FencedError with one line."""
    policies = load_policies(load_catalogue(), settings.policies)
    await asyncio.to_thread(prove_engine, settings)
    async with changes_consumer(settings) as hints:
        watching = asyncio.create_task(watch(settings, hints, policies, sense))
        pages = asyncio.create_task(health_server(settings).serve())
        await first_to_end([watching, pages])


async def watch(settings: AlertsSettings, hints: Hints, policies: Policies, sense: Sense) -> None:
    """Wait to be elected, own the alerts until they are lost, and again."""
    while True:
        await hints.ownership.held.wait()
        try:
            await own(settings, hints, policies, sense)
        except (ClickHouseError, KafkaError, RetryableError, OSError) as error:
            log.warning("alerts_interrupted", error=type(error).__name__, detail=str(error)[:300])
            await asyncio.sleep(RETRY_SECONDS)
        finally:
            OWNER.set(0)


async def own(settings: AlertsSettings, hints: Hints, policies: Policies, sense: Sense) -> None:
    """Decide and deliver until ownership is lost. Leaves with the error of what is away."""
    clock = partial(now, settings)
    store = ClickHouseAlertStore(await asyncio.to_thread(writer, settings))
    standing = await asyncio.to_thread(store.take_over, secrets.randbits(63))
    senses = sense(await asyncio.to_thread(reader, settings), policies)
    evaluator = Evaluator(senses, store, policies, receivers_of, clock, standing)
    queues = delivery_queues(settings, store, clock)
    for queue in queues:
        await queue.refill()
    owner = Owner(evaluator, partial(hand_over, queues))
    OWNER.set(1)
    log.info("elected", alerts=len(standing.states), silences=len(standing.silences))
    work = [*(queue.run() for queue in queues), *duties(owner, settings, hints)]
    await first_to_end([asyncio.create_task(one) for one in work])


def hand_over(queues: Sequence[DeliveryQueue], told: Sequence[Notification]) -> None:
    """Each queue takes what is for its receiver."""
    for queue in queues:
        queue.put(told)


def duties(owner: Owner, settings: AlertsSettings, hints: Hints) -> Iterator[Coroutine[Any, Any, Any]]:
    """What an owner does at once; the first of them ends when another process is elected."""
    yield hints.ownership.lost.wait()
    yield owner.evaluate_for_ever(settings, hints)
    yield obey_for_ever(settings, owner.obey)
    if url := settings.alerts_heartbeat_url:
        yield beat_for_ever(url, settings.alerts_heartbeat_every.total_seconds(), owner.evaluated)


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


def delivery_queues(settings: AlertsSettings, store: AlertStore, clock: Clock) -> list[DeliveryQueue]:
    """One for each receiver that the settings name."""
    channels: list[Channel] = []
    if settings.webhook_url and settings.webhook_secret_file:
        channels.append(WebhookChannel(settings.webhook_url, settings.webhook_secret_file.read_text().strip()))
    return [DeliveryQueue(channel, store, clock) for channel in channels]


def receivers_of(change: Change, policy: Policy) -> tuple[str, ...]:  # noqa: ARG001 # a route may ask it
    """The one receiver, when the change is told at all."""
    return ("webhook",) if change.tell else ()


def now(settings: AlertsSettings) -> datetime:
    """The clock in whole milliseconds, as the tables keep them, moved by the configured offset."""
    moment = datetime.now(UTC) + settings.clock_offset
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
