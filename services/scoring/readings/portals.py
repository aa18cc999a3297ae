"""Portals: T15, and T11's uses counted by window.

T15 is a stock over the register of portals: one that was never assessed is `no_data`, in the denominator. An assessment
stands until the next; from the day after six full months it is `stale`, entered with the assessment and reversed by a
newer one. Unit: the portal's owner in the catalogue.
"""

from collections.abc import Sequence
from itertools import zip_longest

from services.scoring.facts import Facts
from services.scoring.readings.calendar import day_of_instant, months_later
from services.scoring.readings.standing import highest_revision, last_of_days
from services.scoring.records import Kept, Record
from services.scoring.sheet import CATALOGUE, HIT, MISS, NO_DATA, OUT, STALE, Sheet, State, steps, within

COMPLETE = "portal_information_complete"
LOGIN = "online_login_vneid"

ASSESSMENT_MONTHS = 6
"""An assessment older than this is stale: the plan is reported on every six months."""


def portal(facts: Facts, record: Record, events: Sequence[Kept], sheet: Sheet) -> None:
    """T15: all items met under the current checklist / portals of the register.

    An older checklist is a miss. Excluded: not_in_register, with the unit of the event.
    """
    tenure = facts.portals.get(record.subject.partition("/")[2])
    assessed = last_of_days(events, "portal.assessed", sheet)
    if tenure is None:
        steps(sheet, COMPLETE, ((day, State(e.unit, OUT, "not_in_register", e)) for day, e in assessed))
        return
    points: list[tuple[int, State | None]] = []
    if not assessed or tenure.since < assessed[0][0]:
        points.append((tenure.since, State(tenure.unit, MISS, NO_DATA, CATALOGUE)))
    for (day, event), following in zip_longest(assessed, assessed[1:]):
        state = State(tenure.unit, _amounts(facts, event), "", event)
        stale_from = months_later(day, ASSESSMENT_MONTHS) + 1
        points.append((max(day, tenure.since), state))
        if following is None or stale_from < following[0]:
            points.append((max(stale_from, tenure.since), state._replace(reason=STALE)))
    steps(sheet, COMPLETE, within(points, tenure.until))


def _amounts(facts: Facts, event: Kept) -> tuple[int, int, int]:
    data = event.data
    current = data["checklist_version"] == facts.checklist_version
    return HIT if current and data["items_met"] == data["items_total"] else MISS


def auth(facts: Facts, record: Record, events: Sequence[Kept], sheet: Sheet) -> None:
    """T11: uses identified by VNeID / all uses; the window's day, unit of the event (the portal's).

    The highest revision of the window stands. Excluded: impossible_count (more by VNeID than in all).
    """
    del facts, record
    windows = [event for event in events if event.type == "auth.counted"]
    if not windows:
        return
    counted = highest_revision(windows, sheet)
    data, day = counted.data, day_of_instant(counted.data["window_start"])
    if data["vneid"] > data["total"]:
        sheet.exclude(LOGIN, counted.unit, day, "impossible_count", counted)
    elif data["total"]:
        sheet.count(LOGIN, counted.unit, day, (data["vneid"], data["total"], 0), counted)
