"""Silences and maintenance: which alerts they keep quiet, and until when; never longer than people remember (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.alerts.finding import Scope
from shared.contracts.commands import MAX_SILENCE_DAYS, Command, Matching


@dataclass(frozen=True, slots=True)
class Silence:
    """From `begins` up to, not at, `ends`. It keeps alerts from being told; it changes no state and no rate."""

    id: str
    matching: Matching
    begins: datetime
    ends: datetime
    by: str
    note: str
    at: datetime

    def fits(self, scope: Scope, now: datetime) -> bool:
        """Whether it keeps this alert quiet now: every field that is given names the scope's value."""
        wanted = self.matching
        pairs = (
            (wanted.alert_id, scope.alert_id),
            (wanted.rule, scope.rule),
            (wanted.indicator, scope.indicator),
            (wanted.unit, scope.unit),
        )
        return self.begins <= now < self.ends and all(not want or want == has for want, has in pairs)


def quiet_because(silences: Iterable[Silence], scope: Scope, now: datetime) -> str:
    """`silence:<id>` of the first that fits, or "" when none does."""
    return next((f"silence:{one.id}" for one in silences if one.fits(scope, now)), "")


def begun(command: Command, now: datetime) -> Silence | str:
    """The silence that a command asks for, or the reason why there is none."""
    begins = command.begins or now
    if command.matching is None or command.matching == Matching():
        return "matches_everything"
    if command.until is None or command.until <= max(begins, now):
        return "ends_before_it_begins"
    if command.until - begins > timedelta(days=MAX_SILENCE_DAYS):
        return "too_long"
    return Silence(command.id, command.matching, begins, command.until, command.by, command.note, now)


def ended(silences: Iterable[Silence], command: Command, now: datetime) -> Silence | str:
    """The named silence, ended now, or the reason why it cannot be."""
    known = next((one for one in silences if one.id == command.silence_id), None)
    if known is None:
        return "unknown_silence"
    if known.ends <= now:
        return "over_already"
    return replace(known, begins=min(known.begins, now), ends=now, by=command.by, note=command.note, at=now)
