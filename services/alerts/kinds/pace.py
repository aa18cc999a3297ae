"""Whether the target can still be reached at the period's end, and at which rate of what is still expected.

Whole numbers decide, never a float. The required rate is (target·(den+E) − 100·num)/E percent. Whether even the upper
end of the recent rate's Wilson interval is below it is asked by the inequality that defines the interval, with both
sides cleared of fractions; its z is 1.96 = 49/25.
"""

from collections.abc import Iterator
from math import gcd, isqrt
from typing import Any

from services.alerts.finding import Finding
from services.alerts.kinds.figures import Judgement, facts_of, scope_of, too_early, unjudged
from services.alerts.policy import Policies, Policy
from services.alerts.snapshot import Cell, Snapshot

Z2_OVER, Z2_UNDER = 49**2, 25**2
"""z² as a fraction: of a hundred such intervals, 95 hold the true rate."""

ROOT_SCALE = 10**6
"""Decimal places of the square root, far below the tenth of a percent that is shown."""


def find(snapshot: Snapshot, policies: Policies) -> Iterator[Finding]:
    """One finding per cell of a flow."""
    for cell in snapshot.cells:
        if cell.recent_num is None or cell.recent_den is None:
            continue
        scope = scope_of("pace", cell)
        policy = policies.policy_for(scope)
        if policy.enabled:
            truth, reason = see(cell, policy)
            facts = facts_of(cell, policy, snapshot)
            yield Finding(scope, truth, reason, facts | outlook(cell, policy) if truth != "neither" else facts)


def see(cell: Cell, policy: Policy) -> Judgement:
    """Nothing before enough events and days; `lost` when not even a perfect rest would do."""
    early = "no_recent_days" if cell.recent_den is None else _too_early(cell, policy)
    if early:
        return "neither", early
    strict = cell.comparator == ">"
    over, under = required(cell, policy)
    if over > under or (strict and over == under):
        return "lost", "cannot_be_reached"
    hits, events = cell.recent_num or 0, cell.recent_den or 0
    if events == 0:
        return "neither", "no_recent_events"
    if _surely_below(hits, events, (over, under), strict=strict):
        return "breach", "forecast_below_target"
    clearing = min(100, cell.target - policy.margin_points + policy.clear_points)
    forecast = 100 * (cell.num * events + hits * cell.expected_den)
    wanted = clearing * events * (cell.den + cell.expected_den)
    if forecast > wanted or (forecast == wanted and not strict):
        return "clear", "forecast_meets_target"
    return "neither", "forecast_uncertain"


def _too_early(cell: Cell, policy: Policy) -> str:
    unclear = unjudged(cell.den, cell, policy)
    if unclear:
        return unclear
    if too_early(cell, policy):
        return "too_few_days"
    return "" if cell.expected_den > 0 else "nothing_expected"


def required(cell: Cell, policy: Policy) -> tuple[int, int]:
    """Share of the expected events that must count, to end on the target less the tolerated margin; not reduced."""
    level = cell.target - policy.margin_points
    return level * (cell.den + cell.expected_den) - 100 * cell.num, 100 * cell.expected_den


def _surely_below(hits: int, events: int, share: tuple[int, int], *, strict: bool) -> bool:
    """Whether even the interval's upper end misses: z²·r(1−r) < n·(r−p)², for a required share r above the rate p."""
    over, under = share
    gap = over * events - hits * under
    if gap <= 0 or over <= 0:
        return False
    left, right = Z2_OVER * over * (under - over) * events, Z2_UNDER * gap * gap
    return left <= right if strict else left < right


def wilson_tenths(hits: int, events: int) -> tuple[int, int]:
    """Both ends of the interval in tenths of a percent, the lower one rounded down, the upper one up; for display."""
    middle = (2 * Z2_UNDER * hits + Z2_OVER) * ROOT_SCALE
    under = 2 * (Z2_UNDER * events + Z2_OVER) * ROOT_SCALE
    square = Z2_OVER**2 * events + 4 * Z2_OVER * Z2_UNDER * hits * (events - hits)
    root = isqrt(square * ROOT_SCALE**2 // events)
    return max(0, (middle - root - 1) * 1000 // under), min(1000, -(-(middle + root + 1) * 1000 // under))


def outlook(cell: Cell, policy: Policy) -> dict[str, Any]:
    """Required rate (rounded up, and exact), forecast and interval (rounded down), in percent."""
    over, under = required(cell, policy)
    common = gcd(over, cell.expected_den)
    facts: dict[str, Any] = {
        "expected": cell.expected_den,
        "required_percent": -(-over * 1000 // under) / 10,
        "required_exact": f"{over // common}/{cell.expected_den // common}",
        "recent_numerator": cell.recent_num,
        "recent_denominator": cell.recent_den,
    }
    if not cell.recent_den or cell.recent_num is None:
        return facts
    low, high = wilson_tenths(cell.recent_num, cell.recent_den)
    return facts | {
        "forecast_percent": _ending(cell, cell.recent_num, cell.recent_den),
        "forecast_low_percent": _ending(cell, low, 1000),
        "forecast_high_percent": _ending(cell, high, 1000),
    }


def _ending(cell: Cell, over: int, under: int) -> float:
    """On which rate the period ends when the rest counts at the given one; in tenths of a percent, rounded down."""
    whole = (cell.num * under + over * cell.expected_den) * 1000
    return whole // ((cell.den + cell.expected_den) * under) / 10
