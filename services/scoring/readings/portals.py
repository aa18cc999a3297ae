"""Portals: T15, and T11's uses counted by window.

T15 is a stock over the register of portals: one that was never assessed is `no_data`, in the denominator. An assessment
stands until the next; from the day after six full months it is `stale`, entered with the assessment and reversed by a
newer one. Unit: the portal's owner in the catalogue.
"""

from collections.abc import Sequence

from services.scoring.facts import Facts, Tenure
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

    Under another checklist than the day's it is a miss. Excluded: not_in_register, with the unit of the event.
    """
    tenure = facts.portals.get(record.subject.partition("/")[2])
    assessed = last_of_days(events, "portal.assessed", sheet)
    if tenure is None:
        steps(sheet, COMPLETE, ((day, State(e.unit, OUT, "not_in_register", e)) for day, e in assessed))
        return
    days = {tenure.since} | {max(day, tenure.since) for day, _ in assessed}
    days |= {max(stale_from(day), tenure.since) for day, _ in assessed}
    days |= {since for since, _ in facts.checklists if since > tenure.since}
    steps(sheet, COMPLETE, within([(day, _state(facts, tenure, assessed, day)) for day in sorted(days)], tenure.until))


def _state(facts: Facts, tenure: Tenure, assessed: Sequence[tuple[int, Kept]], day: int) -> State:
    upto = [(assessment_day, event) for assessment_day, event in assessed if assessment_day <= day]
    if not upto:
        return State(tenure.unit, MISS, NO_DATA, CATALOGUE)
    assessment_day, event = upto[-1]
    data = event.data
    current = data["checklist_version"] == facts.checklist_on(day)
    amounts = HIT if current and data["items_met"] == data["items_total"] else MISS
    return State(tenure.unit, amounts, STALE if day >= stale_from(assessment_day) else "", event)


def stale_from(day: int) -> int:
    """The first local day on which an assessment of `day` is older than six months."""
    return months_later(day, ASSESSMENT_MONTHS) + 1


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
