"""What a person asks of the alerts as a command, or the reason why it is refused (pure)."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from services.api import alert_models as models
from services.api.problems import ProblemError
from shared.contracts.commands import MAX_SILENCE_DAYS, Action, Command, Matching
from shared.contracts.personal_data import personal_value

Request = models.Acknowledge | models.Note | models.Escalate | models.SilenceOne

LONGEST = timedelta(days=MAX_SILENCE_DAYS)
FURTHEST_BEGIN = timedelta(days=366)
"""Maintenance is planned within the year."""


def order(action: Action, alert_id: str, asked: Request, by: str, now: datetime, key: UUID | None) -> Command:
    """A command about one alert; `key` is the caller's own id for it. Raises `ProblemError`."""
    until = getattr(asked, "until", None)
    _check(asked.note, until, now, now)
    return Command(
        id=str(key or uuid4()),
        action=action,
        by=by,
        at=now,
        alert_id=alert_id,
        matching=Matching(alert_id=alert_id) if action == "silence" else None,
        until=until,
        note=asked.note,
    )


def silence(asked: models.SilenceMany, by: str, now: datetime, key: UUID | None) -> Command:
    """A silence over what fits; its id is the command's. Raises `ProblemError`."""
    matching = Matching(asked.alert_id, asked.rule, asked.indicator, asked.unit)
    begins = asked.begins or now
    if matching == Matching():
        raise ProblemError("matches_everything")
    if begins - now > FURTHEST_BEGIN:
        raise ProblemError("until")
    _check(asked.note, asked.until, now, begins)
    return Command(
        id=str(key or uuid4()),
        action="silence",
        by=by,
        at=now,
        matching=matching,
        begins=asked.begins,
        until=asked.until,
        note=asked.note,
    )


def end_silence(silence_id: str, by: str, now: datetime, key: UUID | None) -> Command:
    """Ends a silence now."""
    return Command(id=str(key or uuid4()), action="end_silence", by=by, at=now, silence_id=silence_id)


def _check(note: str, until: datetime | None, now: datetime, begins: datetime) -> None:
    if personal_value(note):
        raise ProblemError("personal_data")
    if until is not None and not max(now, begins) < until <= begins + LONGEST:
        raise ProblemError("until")
