"""Lines of the dedicated network: a unit with no line (critical), or with one of its lines down (degraded, a warning).

Two alerts per unit, since an alert that gets worse must be told again: `<unit>:down` and `<unit>:degraded`. Only the
first concerns T01 and carries its indicator, by which a policy lets it replace the alerts that follow from it.
"""

from collections.abc import Iterator
from typing import Any

from services.alerts.finding import Finding, Scope
from services.alerts.kinds.figures import Judgement
from services.alerts.policy import Policies
from services.alerts.snapshot import Links, Snapshot

INDICATOR = "network_coverage"


def find(snapshot: Snapshot, policies: Policies) -> Iterator[Finding]:
    """Two findings per unit of whose lines anything is known."""
    del policies
    for links in snapshot.links:
        facts: dict[str, Any] = {
            "unit_vi": links.unit_vi,
            "lines_up": list(links.up),
            "lines_down": list(links.down),
            "since": links.since.isoformat() if links.since else "",
            "watermark": snapshot.marks,
        }
        down = Scope("link_down", f"{links.unit}:down", links.unit, INDICATOR)
        yield Finding(down, *disconnected(links), facts, "critical")
        degraded = Scope("link_down", f"{links.unit}:degraded", links.unit)
        yield Finding(degraded, *weakened(links), facts, "warning")


def disconnected(links: Links) -> Judgement:
    """No line at all."""
    if links.up:
        return "clear", "line_up"
    return ("breach", "no_line") if links.down else ("clear", "taken_back")


def weakened(links: Links) -> Judgement:
    """One line of several; while none is up the other alert speaks."""
    if not links.down:
        return "clear", "all_lines_up" if links.up else "taken_back"
    return ("breach", "line_down") if links.up else ("neither", "no_line")
