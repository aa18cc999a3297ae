"""Owners of the alerts that die by kill -9 between record and delivery, one after another, each on the real store.

`python -m tests.support.killed_owner DEATHS`: each is a fork of one process that has imported everything, so that fifty
take seconds. Every owner takes over, sees the opposite of what its predecessor saw, and dies at a random step. The last
one lives until everything is delivered.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from random import Random, SystemRandom

from services.alerts.app import Installation, installed
from services.alerts.dispatch import Dispatch
from services.alerts.evaluator import Evaluator, Seen, Senses
from services.alerts.finding import Truth
from services.alerts.policy import Flapping, Policy
from services.alerts.receivers import WEBHOOK
from services.alerts.senses import board_senses
from services.alerts.settings import AlertsSettings
from services.alerts.store import DeliveryStep, Notification, Recorded
from services.alerts.tables import ClickHouseAlertStore
from shared.clickhouse import writer
from tests.support.alerts import all_held, cell, found, policies

CELLS = [cell(unit=f"xa-{number}") for number in range(3)]
LAST_STEP = 3
"""Recorded, and before and after the first log; every owner comes so far."""
NEVER = Flapping(turns=999)
"""The alerts turn at every owner; flapping would tell most of it to nobody."""
POLL_SECONDS = 0.05


class DyingStore(ClickHouseAlertStore):
    """Ends the process by kill -9 at its n-th step after the record; 0: never."""

    dies_at = 0
    steps = 0

    def record(self, changes: Sequence[Recorded], policies_version: str) -> list[Notification]:
        told = super().record(changes, policies_version)
        self._step()
        return told

    def log_delivery(self, steps: Sequence[DeliveryStep]) -> None:
        self._step()
        super().log_delivery(steps)
        self._step()

    def _step(self) -> None:
        self.steps += 1
        if self.steps == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)


async def own(here: Installation, truth: Truth, dies_at: int) -> None:
    """One owner's life: take over, deliver what was left, look once, deliver."""
    store = DyingStore(writer(here.settings))
    standing = store.take_over(SystemRandom().getrandbits(63))
    store.dies_at = dies_at
    dispatch = Dispatch.open(here.receivers, store, here.policies, here.catalogue.working_days, here.now)
    await dispatch.take_over([])
    senses = Senses(lambda _: Seen([], [found(truth, one) for one in CELLS]), all_held)
    told = Evaluator(senses, store, here.policies, here.receivers.told, here.now, standing).evaluate({})
    dispatch.put(told or [])
    running = [asyncio.create_task(one) for one in dispatch.work()]
    while dies_at or store.undelivered(WEBHOOK):
        await asyncio.wait(running, timeout=POLL_SECONDS)


def main() -> int:
    """Exit status 0 when the others died as they should and the last one has delivered everything."""
    here = replace(installed(AlertsSettings(), board_senses), policies=policies(Policy(flapping=NEVER)))
    random, killed, deaths = Random(50), 0, int(sys.argv[1])
    for number in range(deaths + 1):
        dies_at = random.randint(1, LAST_STEP) if number < deaths else 0
        child = os.fork()
        if child == 0:
            asyncio.run(own(here, "clear" if number % 2 else "breach", dies_at))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed += os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    return 0 if killed == deaths and os.waitstatus_to_exitcode(status) == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
