"""Of what a source sent in the last 7 days, too large a share was refused, in conflict, or late."""

from collections.abc import Iterator
from typing import Any

from services.alerts.finding import Finding, Scope
from services.alerts.kinds.figures import Judgement
from services.alerts.policy import Policies, Policy
from services.alerts.snapshot import Quality, Snapshot

DAYS = 7
"""A week holds every working rhythm of a source once."""


def find(snapshot: Snapshot, policies: Policies) -> Iterator[Finding]:
    """One finding per source and measure: `<source>:conflicts`, `<source>:late`, `<source>:rejected`."""
    for quality in snapshot.quality:
        for measure, bad, all_of in measures(quality):
            scope = Scope("data_quality", f"{quality.code}:{measure}", quality.unit)
            policy = policies.policy_for(scope)
            facts: dict[str, Any] = {
                "source_vi": quality.name_vi,
                "unit_vi": quality.unit_vi,
                "measure": measure,
                "numerator": bad,
                "denominator": all_of,
                "tolerated_percent": policy.margin_points,
                "window_days": DAYS,
                "watermark": snapshot.marks,
            }
            yield Finding(scope, *see(bad, all_of, policy), facts)


def measures(quality: Quality) -> tuple[tuple[str, int, int], ...]:
    """(measure, faulty, of all): what was refused never reached the log and is beside its events."""
    return (
        ("conflicts", quality.conflicts, quality.events),
        ("late", quality.late, quality.events),
        ("rejected", quality.rejected, quality.events + quality.rejected),
    )


def see(bad: int, all_of: int, policy: Policy) -> Judgement:
    """`margin_points` percent are tolerated; it ends `clear_points` below that."""
    if all_of < policy.min_denominator:
        return "neither", "too_few_events"
    if bad * 100 > policy.margin_points * all_of:
        return "breach", "too_many_faults"
    cleared = bad * 100 <= max(0, policy.margin_points - policy.clear_points) * all_of
    return ("clear", "few_faults") if cleared else ("neither", "within_hysteresis")
