"""A source that should be sending has been silent for longer than its own cadence."""

from collections.abc import Iterator
from datetime import timedelta

from services.alerts.finding import Finding, Scope
from services.alerts.kinds.figures import Judgement
from services.alerts.policy import Policies
from services.alerts.snapshot import Snapshot, Source


def find(snapshot: Snapshot, policies: Policies) -> Iterator[Finding]:
    """One finding per expected source; the alert's unit is the one that answers for the system."""
    del policies
    for source in snapshot.sources:
        facts = {
            "source_vi": source.name_vi,
            "unit_vi": source.unit_vi,
            "last_heard": source.last_heard.isoformat() if source.last_heard else "",
            "cadence_working_days": source.cadence_working_days,
            "cadence_minutes": source.cadence_minutes,
            "provisional": list(source.indicators),
            "watermark": snapshot.marks,
        }
        yield Finding(Scope("source_silent", source.code, source.unit), *see(source, snapshot), facts)


def see(source: Source, snapshot: Snapshot) -> Judgement:
    """By its cadence in working days; one that runs at all hours also by its cadence in minutes."""
    if source.last_heard is None:
        return _never_heard(source, snapshot)
    minutes = source.cadence_minutes
    late = minutes is not None and snapshot.now - source.last_heard > timedelta(minutes=minutes)
    return ("breach", "silent") if source.silent or late else ("clear", "heard")


def _never_heard(source: Source, snapshot: Snapshot) -> Judgement:
    """A new installation gives each source its cadence before it calls it silent; the board is provisional at once."""
    limit = snapshot.calendar.add_working_days(snapshot.as_of, -source.cadence_working_days)
    if source.awaited_since is None or source.awaited_since < limit:
        return "breach", "silent"
    return "neither", "not_yet_heard"
