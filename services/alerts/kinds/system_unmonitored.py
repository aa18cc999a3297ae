"""A system in use is not under the SOC's monitoring, or its sign of life is older than its limit."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.alerts.finding import Finding, Scope
from services.alerts.kinds.figures import Judgement
from services.alerts.policy import Policies
from services.alerts.snapshot import Snapshot, SystemSeen


def find(snapshot: Snapshot, policies: Policies) -> Iterator[Finding]:
    """One finding per system."""
    del policies
    for system in snapshot.systems:
        facts = {
            "system_vi": system.name_vi,
            "unit_vi": system.unit_vi,
            "lifecycle": system.lifecycle,
            "monitored": system.monitored,
            "last_heartbeat": system.last_beat.isoformat() if system.last_beat else "",
            "ttl_minutes": system.ttl_minutes,
            "watermark": snapshot.marks,
        }
        scope = Scope("system_unmonitored", system.code, system.unit, "system_monitored")
        yield Finding(scope, *see(system, snapshot.now), facts)


def see(system: SystemSeen, now: datetime) -> Judgement:
    """A system of the register that nobody ever spoke of is the rate's business (no data), not an alert of its own."""
    if system.lifecycle != "in_use":
        return "clear", "not_in_use"
    if not system.reported and system.monitored is None and system.last_beat is None:
        return "neither", "never_heard"
    if not system.monitored:
        return "breach", "not_monitored"
    if system.last_beat is None or now - system.last_beat > timedelta(minutes=system.ttl_minutes):
        return "breach", "heartbeat_missing"
    return "clear", "monitored"
