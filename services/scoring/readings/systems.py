"""Information systems, stocks at 24:00 of each day: T21, T22.

Denominator: systems in use, by the last `system.changed` up to the day; before any, by the catalogue. A system in use
of which no event that the reading reads was ever heard is `no_data`. Unit: the owner in the catalogue; of a system that
the catalogue does not know, the unit of its latest `system.changed`. A system that is not in use is excluded as
`not_in_use`.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from services.scoring.facts import Facts, SystemFact
from services.scoring.readings.standing import last_of_days
from services.scoring.records import Kept, Record, order
from services.scoring.sheet import CATALOGUE, HIT, MISS, NO_DATA, OUT, Sheet, State, steps, within

DOSSIER = "system_security_dossier"
MONITORED = "system_monitored"
LIVE_WITHOUT = "went_live_without_dossier"

HEARTBEAT_DAYS = 2
"""A heartbeat's day and the next: so that the minutes after midnight are not a gap."""


class System(NamedTuple):
    """What is known of a system: the last snapshots of days, ascending, and runs of days with a heartbeat."""

    fact: SystemFact | None
    changed: list[tuple[int, Kept]]
    monitoring: list[tuple[int, Kept]]
    beats: list[tuple[int, int]]


def system(facts: Facts, record: Record, events: Sequence[Kept], sheet: Sheet) -> None:
    """T21 and T22."""
    case = System(
        facts.systems.get(record.subject.partition("/")[2]),
        last_of_days(events, "system.changed", sheet),
        last_of_days(events, "system.monitoring_changed", sheet),
        record.beats,
    )
    security_dossier(case, sheet)
    monitored(case, sheet)
    went_live_without(case.fact, events, sheet)
    if not case.changed and (case.fact is None or case.fact.lifecycle != "in_use"):
        for _, event in case.monitoring:
            sheet.wait(event)


def security_dossier(case: System, sheet: Sheet) -> None:
    """T21: dossier approved and plan implemented / in use. "Approved" is our stricter reading of the plan's wording."""
    days = {day for day, _ in case.changed}
    if case.fact is not None:
        days.add(case.fact.since)
    until = None if case.fact is None else case.fact.until
    steps(sheet, DOSSIER, within([(day, _dossier_state(case, day)) for day in sorted(days)], until))


def _dossier_state(case: System, day: int) -> State | None:
    snapshot = _at(case.changed, day)
    if snapshot is None:
        return _unheard(case.fact, day)
    if snapshot.data["lifecycle"] != "in_use":
        return State(_unit(case, snapshot), OUT, "not_in_use", snapshot)
    return State(_unit(case, snapshot), HIT if _secured(snapshot) else MISS, "", snapshot)


def _secured(snapshot: Kept) -> bool:
    return bool(snapshot.data["dossier"] == "approved" and snapshot.data["plan"] == "implemented")


def monitored(case: System, sheet: Sheet) -> None:
    """T22: monitored, with a heartbeat up or degraded on the day or the day before / in use.

    The end of a heartbeat is an entry two days later, which the next heartbeat reverses.
    """
    days = {day for day, _ in case.changed} | {day for day, _ in case.monitoring}
    for first, last in case.beats:
        days |= {first, last + HEARTBEAT_DAYS}
    if case.fact is not None:
        days.add(case.fact.since)
    until = None if case.fact is None else case.fact.until
    steps(sheet, MONITORED, within([(day, _monitored_state(case, day)) for day in sorted(days)], until))


def _monitored_state(case: System, day: int) -> State | None:
    snapshot, watch = _at(case.changed, day), _at(case.monitoring, day)
    if snapshot is not None and snapshot.data["lifecycle"] != "in_use":
        return State(_unit(case, snapshot), OUT, "not_in_use", snapshot)
    heard = snapshot is not None or watch is not None or (bool(case.beats) and case.beats[0][0] <= day)
    if snapshot is None:
        unheard = _unheard(case.fact, day)
        if unheard is None or not heard:
            return unheard
    unit = _unit(case, snapshot)
    alive = any(first <= day < last + HEARTBEAT_DAYS for first, last in case.beats)
    watched = watch is not None and watch.data["monitored"] and alive
    owner = max((e for e in (snapshot, watch) if e is not None), key=order, default=CATALOGUE)
    return State(unit, HIT if watched else MISS, "", owner)


def went_live_without(fact: SystemFact | None, events: Sequence[Kept], sheet: Sheet) -> None:
    """A finding that stays on the event by which a system went into use without dossier and plan, even when cured.

    A system that the catalogue has in use does not go live by its first event; any other does.
    """
    lifecycle = None if fact is None else fact.lifecycle
    for event in sorted((e for e in events if e.type == "system.changed"), key=order):
        if event.data["lifecycle"] == "in_use" and lifecycle != "in_use" and not _secured(event):
            sheet.find(event, DOSSIER, LIVE_WITHOUT)
        lifecycle = event.data["lifecycle"]


def _at(snapshots: list[tuple[int, Kept]], day: int) -> Kept | None:
    place = bisect_right(snapshots, day, key=lambda snapshot: snapshot[0])
    return snapshots[place - 1][1] if place else None


def _unheard(fact: SystemFact | None, day: int) -> State | None:
    if fact is None or fact.lifecycle != "in_use" or day < fact.since:
        return None
    return State(fact.unit, MISS, NO_DATA, CATALOGUE)


def _unit(case: System, snapshot: Kept | None) -> str:
    if case.fact is not None:
        return case.fact.unit
    return "" if snapshot is None else snapshot.unit
