"""Composition root: changes → look → decide → record → deliver; commands → act → record → deliver."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiokafka.errors import KafkaError
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError

from services.alerts.commands import obey_for_ever
from services.alerts.dispatch import Dispatch
from services.alerts.evaluator import Evaluator, Senses
from services.alerts.heartbeat import beat_for_ever
from services.alerts.hints import Hints, changes_consumer
from services.alerts.metrics import OWNER
from services.alerts.owner import Owner
from services.alerts.pages import health_server, prove_engine
from services.alerts.policy import Policies
from services.alerts.policy_files import load_policies
from services.alerts.receivers import Receivers, load_receivers
from services.alerts.settings import AlertsSettings
from services.alerts.tables import ClickHouseAlertStore
from shared.catalogue import Catalogue, load_catalogue
from shared.clickhouse import is_fenced, reader, writer
from shared.errors import FencedError, RetryableError
from shared.logs import get_logger

RETRY_SECONDS = 1.0
"""Pause after engine or broker was away; state is read anew then, because an insert's outcome may be unknown."""

Sense = Callable[[Client, Policies, Catalogue], Senses]

log = get_logger(__name__)


@dataclass(frozen=True)
class Installation:
    """What does not change while the service runs: another policy or receivers file is read at the next start."""

    settings: AlertsSettings
    catalogue: Catalogue
    policies: Policies
    receivers: Receivers
    sense: Sense

    def now(self) -> datetime:
        """The clock in whole milliseconds, as the tables keep them, moved by the configured offset."""
        moment = datetime.now(UTC) + self.settings.clock_offset
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def installed(settings: AlertsSettings, sense: Sense) -> Installation:
    """Reads catalogue, policies and receivers. Raises StartError with what is wrong in them."""
    catalogue = load_catalogue()
    policies = load_policies(catalogue, settings.policies)
    receivers = load_receivers(settings.receivers, settings.webhook_url, settings.webhook_secret_file)
    for name in receivers.unknown(policies.file):
        log.warning("receiver_unknown", name=name)
    return Installation(settings, catalogue, policies, receivers, sense)


async def serve(here: Installation) -> None:
    """The election and the health pages, until SIGTERM. Raises StartError or FencedError with one line."""
    await asyncio.to_thread(prove_engine, here.settings)
    async with changes_consumer(here.settings) as hints:
        await first_to_end([watch(here, hints), health_server(here.settings).serve()])


async def watch(here: Installation, hints: Hints) -> None:
    """Wait to be elected, own the alerts until they are lost, and again."""
    while True:
        try:
            await hints.stand_by()
            await own(here, hints)
        except (ClickHouseError, KafkaError, RetryableError, OSError) as error:
            log.warning("alerts_interrupted", error=type(error).__name__, detail=str(error)[:300])
            await asyncio.sleep(RETRY_SECONDS)
        finally:
            OWNER.set(0)


async def own(here: Installation, hints: Hints) -> None:
    """Decide and deliver until ownership is lost. Leaves with the error of what is away."""
    store = ClickHouseAlertStore(await asyncio.to_thread(writer, here.settings))
    standing = await asyncio.to_thread(store.take_over, secrets.randbits(63))
    senses = here.sense(await asyncio.to_thread(reader, here.settings), here.policies, here.catalogue)
    evaluator = Evaluator(senses, store, here.policies, here.receivers.told, here.now, standing)
    dispatch = Dispatch.open(here.receivers, store, here.policies, here.catalogue.working_days, here.now)
    try:
        await dispatch.take_over(await asyncio.to_thread(store.told_open))
        OWNER.set(1)
        log.info("elected", alerts=len(standing.states), silences=len(standing.silences))
        await first_to_end([*dispatch.work(), *duties(here, Owner(evaluator, dispatch.put), hints)])
    finally:
        await dispatch.close()


def duties(here: Installation, owner: Owner, hints: Hints) -> Iterator[Coroutine[Any, Any, Any]]:
    """What an owner does at once; the first of them ends when another process is elected."""
    yield hints.ownership.lost.wait()
    yield from (owner.evaluate_for_ever(here.settings, hints), owner.tell_for_ever())
    yield obey_for_ever(here.settings, owner.obey)
    if url := here.settings.alerts_heartbeat_url:
        yield beat_for_ever(url, here.settings.alerts_heartbeat_every.total_seconds(), owner.evaluated)


async def first_to_end(work: list[Coroutine[Any, Any, Any]]) -> None:
    """Wait for the first, cancel the others, and raise what it raised; a stale token is final."""
    done, pending = await asyncio.wait([asyncio.create_task(one) for one in work], return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for error in filter(None, (task.exception() for task in done)):
        if isinstance(error, DatabaseError) and is_fenced(error):
            raise FencedError("another process owns the alerts") from error
        raise error
