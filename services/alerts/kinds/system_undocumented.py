"""A system is in use without an approved security dossier and an implemented plan."""

from collections.abc import Iterator

from services.alerts.finding import Finding, Scope
from services.alerts.kinds.figures import Judgement
from services.alerts.policy import Policies
from services.alerts.snapshot import Snapshot, SystemSeen


def find(snapshot: Snapshot, policies: Policies) -> Iterator[Finding]:
    """One finding per system of which anything was said."""
    del policies
    for system in snapshot.systems:
        facts = {
            "system_vi": system.name_vi,
            "unit_vi": system.unit_vi,
            "lifecycle": system.lifecycle,
            "dossier": system.dossier,
            "plan": system.plan,
            "watermark": snapshot.marks,
        }
        yield Finding(Scope("system_undocumented", system.code, system.unit), *see(system), facts)


def see(system: SystemSeen) -> Judgement:
    """The catalogue alone knows no dossier: of a system never heard of, nothing is said."""
    if system.taken_back:
        return "clear", "taken_back"
    if not system.reported:
        return "neither", "never_heard"
    if system.lifecycle != "in_use":
        return "clear", "not_in_use"
    documented = system.dossier == "approved" and system.plan == "implemented"
    return ("clear", "documented") if documented else ("breach", "undocumented")
