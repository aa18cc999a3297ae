"""A source that should be sending has been silent for longer than its own cadence."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.alerts.finding import Finding, Scope
from services.alerts.policy import Policies
from services.alerts.snapshot import Snapshot, Source


def find(snapshot: Snapshot, policies: Policies) -> Iterator[Finding]:
    """One finding per expected source; the alert's unit is the one that answers for the system."""
    del policies
    for source in snapshot.sources:
        silent = is_silent(source, snapshot.now)
        facts = {
            "source_vi": source.name_vi,
            "unit_vi": source.unit_vi,
            "last_heard": source.last_heard.isoformat() if source.last_heard else "",
            "cadence_working_days": source.cadence_working_days,
            "cadence_minutes": source.cadence_minutes,
            "provisional": list(source.indicators),
            "watermark": snapshot.marks,
        }
        truth, reason = ("breach", "silent") if silent else ("clear", "heard")
        yield Finding(Scope("source_silent", source.code, source.unit), truth, reason, facts)  # type: ignore[arg-type]


def is_silent(source: Source, now: datetime) -> bool:
    """By its cadence in working days; one that runs at all hours also by its cadence in minutes."""
    if source.silent or source.last_heard is None:
        return True
    minutes = source.cadence_minutes
    return minutes is not None and now - source.last_heard > timedelta(minutes=minutes)
