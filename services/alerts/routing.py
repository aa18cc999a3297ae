"""Who is told of a change, and not before when (pure)."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from services.alerts.finding import NO_NEWS
from services.alerts.policy import Policy, WorkingTime
from services.alerts.state import Change
from shared.catalogue.working_days import WorkingCalendar
from shared.local_time import LOCAL


def receivers_of(change: Change, policy: Policy) -> tuple[str, ...]:
    """Names as the policy has them, none twice; empty when the change is told to nobody.

    An escalation goes to the receivers of all steps taken so far: those of the policy's base have had the alert. What
    comes later in that opening (resolved, withdrawn, acknowledged) goes to everybody who has had it.
    """
    return () if not change.tell or is_no_news(change) else names_of(change, policy)


def is_no_news(change: Change) -> bool:
    """An end by the calendar: only who shows the alert as open needs to know."""
    return change.reason in NO_NEWS


def names_of(change: Change, policy: Policy) -> tuple[str, ...]:
    """All whom a change concerns, be it news or not."""
    stepped = [name for step in policy.escalation[: change.state.escalation] for name in step.receivers]
    names = stepped if change.kind == "escalated" else [*policy.receivers, *stepped]
    return tuple(dict.fromkeys(names))


def not_before(
    at: datetime, calendar: Literal["always", "working"], working_time: WorkingTime, days: WorkingCalendar
) -> datetime:
    """When people may be told what happened `at` (UTC): at once, or when offices begin to work again."""
    local = at.astimezone(LOCAL)
    if calendar == "always":
        return at
    if days.is_working_day(local.date()):
        if working_time.begin <= local.time() < working_time.end:
            return at
        if local.time() < working_time.begin:
            return _moment(local.date(), working_time.begin)
    return _moment(days.add_working_days(local.date() + timedelta(days=1), 0), working_time.begin)


def _moment(day: date, begin: time) -> datetime:
    return datetime.combine(day, begin, LOCAL).astimezone(UTC)
