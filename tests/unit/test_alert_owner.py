"""Looks go on while what earlier ones decided is told: nothing is decided twice, nothing lost, and the order holds."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from threading import Event

import pytest

from services.alerts.evaluator import Decided, Evaluator
from services.alerts.finding import Scope
from services.alerts.hints import Hints
from services.alerts.owner import Owner
from services.alerts.policy import Inhibition, Policy
from services.alerts.settings import AlertsSettings
from services.alerts.state import Change
from services.alerts.store import Notification
from shared.errors import FencedError
from tests.support.alert_world import World, told
from tests.support.alerts import NOW, cell, command, found, minutes, policies
from tests.support.waiting import eventually

OTHER = cell(unit="so-khcn")


def looked(evaluator: Evaluator) -> Decided:
    decided = evaluator.look({})
    assert decided is not None, "the snapshot was behind"
    return decided


def test_what_is_under_way_is_not_decided_on_again_and_another_look_is_wanted_if_it_has_moved() -> None:
    world = World().sees("breach")
    evaluator = world.evaluator()
    first = looked(evaluator)
    same = looked(evaluator)
    assert (same.likely.changes, same.likely.waits) == ([], False)
    world.sees("clear", found("breach", OTHER), after=minutes(1))
    second = looked(evaluator)
    assert [one.scope for one in second.likely.changes] == [OTHER]
    assert second.likely.waits
    assert world.asked == []
    assert [told(evaluator.tell(one)) for one in (first, same, second)] == [
        [("state", "firing")], [], [("state", "firing")]
    ]  # fmt: skip
    assert told(evaluator.evaluate({})) == [("state", "resolved")]
    assert [(one.change.scope.unit, one.change.state.number) for one in world.tables.changes] == [
        ("xa-12004", 1), ("so-khcn", 1), ("xa-12004", 2)
    ]  # fmt: skip


def test_an_end_that_is_under_way_is_asked_about_once() -> None:
    world = World().sees("breach")
    evaluator = world.evaluator()
    evaluator.evaluate({})
    world.sees("clear", after=minutes(1))
    ending, again = looked(evaluator), looked(evaluator)
    assert (len(ending.asked), len(again.asked)) == (1, 0)
    assert told(evaluator.tell(ending)) == [("state", "resolved")]
    assert told(evaluator.tell(again)) == []


def test_what_keeps_others_quiet_does_so_while_it_is_under_way() -> None:
    world = World()
    rule = {"by": {"rule": "link_down"}, "quiets": {"rule": "system_unmonitored"}}
    world.policies = policies(inhibitions=(Inhibition.model_validate(rule),))
    link, system = Scope("link_down", "xa-12004", "xa-12004"), Scope("system_unmonitored", "s1", "xa-12004")
    evaluator = world.sees(found("breach", link)).evaluator()
    first = looked(evaluator)
    world.sees(found("breach", link), found("breach", system))
    second = looked(evaluator)
    assert [told(evaluator.tell(one)) for one in (first, second)] == [[("state", "firing")], []]
    assert world.tables.changes[-1].change.quiet_because == link.alert_id


def test_what_lies_behind_is_read_once_when_what_ends_was_right_and_anew_when_it_was_not() -> None:
    world = World().sees("breach")
    evaluator = world.evaluator()
    evaluator.evaluate({})
    world.sees("clear", after=minutes(1))
    evaluator.evaluate({})
    world.sees("breach", after=minutes(1))
    evaluator.evaluate({})
    assert world.read_behind == [["firing"], ["resolved"], ["firing"]]
    world.sees("clear", after=minutes(1)).held = False
    evaluator.evaluate({})
    assert world.read_behind[3:] == [["resolved"], ["withdrawn"]]


def test_of_what_cannot_be_said_nothing_is_recorded_and_the_next_look_asks_again() -> None:
    world = World().sees("breach")
    evaluator = world.evaluator()
    evaluator.evaluate({})
    world.sees("clear", after=minutes(1)).held = None
    assert evaluator.evaluate({}) == []
    assert evaluator.under_way == {}
    world.held = True
    assert told(evaluator.evaluate({})) == [("state", "resolved")]
    assert len(world.asked) == 2


def test_a_clear_hold_runs_on_while_another_alert_is_told() -> None:
    """The telling of an earlier look must not put back what a later one has seen."""
    world = World()
    world.policies = policies(Policy(clear_hold=minutes(9), receivers=("desk",)))
    evaluator = world.sees("breach").evaluator()
    evaluator.evaluate({})
    world.sees("breach", found("breach", OTHER))
    first = looked(evaluator)
    world.sees("clear", found("breach", OTHER), after=minutes(1))
    later = looked(evaluator)
    for one in (first, later):
        evaluator.tell(one)
    assert evaluator.standing.states[cell().alert_id][1].clear_since == world.now


@dataclass
class Ticks(Hints):
    """Something moves all the time."""

    announced: dict[int, int] = field(default_factory=dict)

    async def wait(self, coalesce_seconds: float, at_most_seconds: float) -> None:
        del coalesce_seconds, at_most_seconds


@dataclass
class Owning:
    """An owner at work. `telling` is set while it reads what lies behind a change, which ends once `may_tell` is."""

    world: World
    owner: Owner
    telling: Event
    may_tell: Event
    handed_over: list[Notification]
    evaluator: Evaluator
    tasks: Sequence[asyncio.Task[None]] = ()


@asynccontextmanager
async def owning(world: World) -> AsyncIterator[Owning]:
    evaluator, telling, may_tell = world.evaluator(), Event(), Event()
    read = evaluator.senses.background

    def slowly(changes: Sequence[Change], since: Mapping[int, int]) -> Sequence[Change]:
        telling.set()
        assert may_tell.wait(20)
        return read(changes, since)

    evaluator.senses = evaluator.senses._replace(background=slowly)
    handed_over: list[Notification] = []
    owner = Owner(evaluator, handed_over.extend)
    work = (owner.evaluate_for_ever(AlertsSettings(), Ticks()), owner.tell_for_ever())
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield Owning(world, owner, telling, may_tell, handed_over, evaluator, tasks)
    finally:
        may_tell.set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def soon(condition: Callable[[], bool], what: str) -> None:
    async def holds() -> bool:
        return condition()

    await eventually(holds, deadline_seconds=20, what=what)


async def test_a_unit_that_falls_while_another_is_told_of_is_looked_at_meanwhile() -> None:
    async with owning(World().sees("breach")) as at_work:
        await soon(at_work.telling.is_set, what="the first alert is told of")
        at_work.world.sees("breach", found("breach", OTHER))
        await soon(lambda: OTHER.alert_id in at_work.evaluator.under_way, what="the second is decided on")
        assert at_work.handed_over == []
        at_work.may_tell.set()
        await soon(lambda: len(at_work.handed_over) == 2, what="both are told")
        assert [one.unit for one in at_work.handed_over] == ["xa-12004", "so-khcn"]


async def test_what_turns_back_while_it_is_told_is_told_again_though_nothing_moves_any_more() -> None:
    async with owning(World().sees("breach")) as at_work:
        await soon(at_work.telling.is_set, what="it is told of")
        at_work.world.sees("clear", after=minutes(1))
        at_work.may_tell.set()
        await soon(lambda: len(at_work.handed_over) == 2, what="both turns are told")
        assert told(at_work.handed_over) == [("state", "firing"), ("state", "resolved")]


async def test_a_command_waits_until_what_is_under_way_is_recorded() -> None:
    async with owning(World().sees("breach")) as at_work:
        await soon(at_work.telling.is_set, what="it is told of")
        asked = asyncio.create_task(at_work.owner.obey(command("acknowledge", until=NOW + minutes(60))))
        _, waiting = await asyncio.wait({asked}, timeout=0)
        assert waiting == {asked}
        at_work.may_tell.set()
        assert await asked == "acknowledged"
        assert [one.change.kind for one in at_work.world.tables.changes] == ["state", "acknowledged"]


async def test_who_can_record_nothing_any_more_stops_and_nothing_decided_later_is_recorded() -> None:
    async with owning(World().sees("breach")) as at_work:
        await soon(at_work.telling.is_set, what="it is told of")
        successor = at_work.world.evaluator()
        at_work.world.sees("breach", found("breach", OTHER))
        at_work.may_tell.set()
        with pytest.raises(FencedError):
            await at_work.tasks[1]
        assert at_work.world.tables.changes == []
        assert len(successor.evaluate({}) or []) == 2
