"""A security event of severity high or critical that its source has not closed."""

from collections.abc import Iterator

from services.alerts.finding import Finding, Scope
from services.alerts.kinds.figures import Judgement
from services.alerts.policy import Policies
from services.alerts.snapshot import SecurityEvent, Snapshot

GRAVE = frozenset({"high", "critical"})


def find(snapshot: Snapshot, policies: Policies) -> Iterator[Finding]:
    """One finding per security event, of any severity: one that was rated down ends its alert."""
    del policies
    for event in snapshot.security:
        facts = {
            "unit_vi": event.unit_vi,
            "severity": event.severity,
            "category": event.category,
            "handling": event.state,
            "time": event.time.isoformat() if event.time else "",
            "watermark": snapshot.marks,
        }
        yield Finding(Scope("security_event", event.key, event.unit), *see(event), facts)


def see(event: SecurityEvent) -> Judgement:
    """`closed` by the source ends it, and so does a lower severity."""
    if event.taken_back:
        return "clear", "taken_back"
    if event.state == "closed":
        return "clear", "closed"
    return ("breach", "open") if event.severity in GRAVE else ("clear", "not_grave")
