"""Reports owed: reminders on set working days before the due day, and overdue from the day after it.

Each reminder is an alert of its own (`<unit>:<code>:<period>:<n>d`, n = working days left), so that it is told once; it
ends without news when its day is over or the report is there (`reminder_over`): who submitted it knows. Overdue
is one alert per duty, until the report is there.
"""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any

from services.alerts.finding import REMINDER_OVER, Finding, Scope
from services.alerts.kinds.figures import Judgement
from services.alerts.policy import Policies
from services.alerts.snapshot import Duty, Snapshot
from shared.catalogue.working_days import WorkingCalendar

INDICATOR = "report_on_system"


def find(snapshot: Snapshot, policies: Policies) -> Iterator[Finding]:
    """Nothing before the first reminder's day: there is nothing to begin or to end."""
    for duty in snapshot.duties:
        overdue = _scope(duty, "overdue")
        for days_left in policies.policy_for(overdue).remind_before_days:
            yield from _reminder(duty, days_left, snapshot)
        if snapshot.as_of > duty.due:
            yield Finding(overdue, *see_overdue(duty), _facts(duty, snapshot))


def see_overdue(duty: Duty) -> Judgement:
    """A new installation does not claim that what was due before its first data is missing."""
    if duty.submitted:
        return "clear", "submitted"
    return ("breach", "overdue") if duty.covered else ("neither", "due_before_any_data")


def _reminder(duty: Duty, days_left: int, snapshot: Snapshot) -> Iterator[Finding]:
    on = reminder_day(duty.due, days_left, snapshot.calendar)
    if snapshot.as_of < on:
        return
    facts = _facts(duty, snapshot) | {"working_days_left": days_left, "due_today": on == duty.due}
    truth, reason = "breach", "due_soon"
    if duty.submitted or snapshot.as_of > on:
        truth, reason = "clear", REMINDER_OVER
    yield Finding(_scope(duty, f"{days_left}d"), truth, reason, facts, "info")  # type: ignore[arg-type]


@lru_cache(maxsize=1024)
def reminder_day(due: date, days_left: int, calendar: WorkingCalendar) -> date:
    """The working day after which so many working days are left until the due day, that day included."""
    last = due if calendar.is_working_day(due) else calendar.add_working_days(due, -1)
    return calendar.add_working_days(last, -days_left) if days_left else last


def _scope(duty: Duty, step: str) -> Scope:
    thing = f"{duty.unit}:{duty.code}:{duty.period}:{step}"
    return Scope("report_due", thing, duty.unit, INDICATOR, period=duty.period)


def _facts(duty: Duty, snapshot: Snapshot) -> dict[str, Any]:
    return {
        "unit_vi": duty.unit_vi,
        "report": duty.code,
        "report_vi": duty.name_vi,
        "report_period": duty.period,
        "report_period_vi": duty.period_vi,
        "due": duty.due.isoformat(),
        "submitted": duty.submitted,
        "watermark": snapshot.marks,
    }
