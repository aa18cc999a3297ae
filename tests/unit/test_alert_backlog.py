"""What waits in memory for a receiver, and the log of what became of it."""

import asyncio
from collections.abc import Sequence
from typing import Any

from services.alerts.backlog import Backlog
from services.alerts.delivery_log import DeliveryLog
from services.alerts.grouping import Waiting
from services.alerts.store import DeliveryStep, Notification
from tests.support.alert_store import MemoryAlertStore
from tests.support.delivering import until
from tests.support.notifications import MONDAY_TEN, notification


def waiting(units: str, attempts: int = 0, **changed: Any) -> list[Waiting]:
    return [Waiting(notification(unit, **changed), MONDAY_TEN, attempts) for unit in units]


def held(backlog: Backlog) -> str:
    return "".join(one.notification.unit for one in backlog.held.values())


def test_what_finds_no_place_is_read_from_the_table_once_nothing_else_may_be_sent() -> None:
    backlog = Backlog(at_most=2)
    backlog.put(waiting("abc"))
    assert (held(backlog), backlog.wants_reading(idle=False), backlog.wants_reading(idle=True)) == ("ab", False, False)
    backlog.held.clear()
    assert (backlog.wants_reading(idle=False), backlog.wants_reading(idle=True)) == (False, True)
    backlog.put(waiting("d"))
    assert held(backlog) == ""
    backlog.replace(waiting("c"), backlog.begin_reading())
    assert (held(backlog), backlog.wants_reading(idle=True)) == ("c", False)


def test_what_waits_for_the_morning_keeps_nothing_in_the_table_waiting() -> None:
    backlog = Backlog(at_most=3)
    backlog.put(waiting("abcd"))
    del backlog.held["below_target:filing_full_online:a:2026:2"]
    assert backlog.wants_reading(idle=True)
    backlog.replace(waiting("bcd"), backlog.begin_reading())
    assert (held(backlog), backlog.wants_reading(idle=True)) == ("bcd", False)


def test_what_is_graver_than_something_that_waits_is_read_at_once() -> None:
    backlog = Backlog(at_most=2)
    backlog.put(waiting("abc"))
    backlog.put(waiting("d", severity="info"))
    assert not backlog.wants_reading(idle=False)
    backlog.put(waiting("e", severity="critical"))
    assert backlog.wants_reading(idle=False)
    backlog.replace([*waiting("e", severity="critical"), *waiting("a")], backlog.begin_reading())
    assert (held(backlog), backlog.wants_reading(idle=False)) == ("ea", False)


def test_what_comes_while_the_table_is_read_is_not_forgotten() -> None:
    backlog = Backlog(at_most=2)
    backlog.put(waiting("abc"))
    backlog.held.clear()
    began = backlog.begin_reading()
    backlog.put(waiting("d"))
    backlog.replace(waiting("c"), began)
    assert backlog.wants_reading(idle=True)


def test_what_was_tried_keeps_its_attempts_when_the_table_is_read() -> None:
    backlog = Backlog(at_most=2)
    backlog.put(waiting("a", attempts=2))
    backlog.replace(waiting("ab"), backlog.begin_reading())
    assert [one.attempts for one in backlog.held.values()] == [2, 0]


class CountingStore(MemoryAlertStore):
    """How many inserts there were."""

    inserts = 0

    def log_delivery(self, steps: Sequence[DeliveryStep]) -> None:
        self.inserts += 1
        super().log_delivery(steps)


def step(one: Notification) -> list[DeliveryStep]:
    return [DeliveryStep(one, "desk", "delivered", 1, MONDAY_TEN)]


async def test_many_steps_are_written_with_one_insert_and_before_the_table_is_read() -> None:
    store = CountingStore()
    store.tables.notifications = [notification(f"unit-{number}") for number in range(100)]
    log = DeliveryLog(store)
    for one in store.notifications[1:]:
        await log.add(step(one))
    task = asyncio.create_task(log.run())
    assert await log.undelivered("desk", 1000) == store.notifications[:1]
    task.cancel()
    await asyncio.wait([task])
    assert (store.inserts, len(store.steps)) == (1, 99)


async def test_an_owner_that_is_told_to_go_writes_what_is_left() -> None:
    store = CountingStore()
    log = DeliveryLog(store)
    task = asyncio.create_task(log.run())
    await log.add(step(notification("a")))
    await until(lambda: store.inserts == 1, "a first insert")
    await log.add(step(notification("b")))
    task.cancel()
    await asyncio.wait([task])
    assert [one.notification.unit for one in store.steps] == ["a", "b"]
    assert task.cancelled()
