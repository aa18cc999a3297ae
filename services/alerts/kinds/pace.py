"""Whether the target can still be reached at the period's end, and at which rate of what is still expected.

Fractions decide, never a float: the required rate is (target·(den+E) − 100·num)/E percent, and the upper end of the
recent rate's Wilson interval is compared with it by the quadratic that defines the interval.
"""

from collections.abc import Iterator
from fractions import Fraction
from math import isqrt
from typing import Any

from services.alerts.finding import Finding
from services.alerts.kinds.figures import Judgement, facts_of, scope_of
from services.alerts.policy import Policies, Policy
from services.alerts.snapshot import Cell, Snapshot

Z = Fraction(49, 25)
"""1.96: of a hundred such intervals, 95 hold the true rate."""

TENTHS = 1000
"""Tenths of a percent in one."""


def find(snapshot: Snapshot, policies: Policies) -> Iterator[Finding]:
    """One finding per cell of a flow."""
    for cell in snapshot.cells:
        if cell.recent_num is None or cell.recent_den is None:
            continue
        scope = scope_of("pace", cell)
        policy = policies.policy_for(scope)
        truth, reason = see(cell, policy)
        forecast = outlook(cell, policy) if truth in {"breach", "lost", "clear"} else {}
        yield Finding(scope, truth, reason, facts_of(cell, policy, snapshot) | forecast)


def see(cell: Cell, policy: Policy) -> Judgement:
    """Nothing before enough events and days; `lost` when not even a perfect rest would do."""
    early = _too_early(cell, policy)
    if early:
        return "neither", early
    expected, required = cell.expected_den, required_share(cell, policy)
    strict = cell.comparator == ">"
    if required > 1 or (strict and required == 1):
        return "lost", "cannot_be_reached"
    if not cell.recent_num and not cell.recent_den:
        return "neither", "no_recent_events"
    rate = Fraction(cell.recent_num or 0, cell.recent_den or 1)
    if _surely_below(rate, cell.recent_den or 0, required, strict=strict):
        return "breach", "forecast_below_target"
    clearing = Fraction(min(100, cell.target - policy.margin_points + policy.clear_points), 100)
    forecast = (cell.num + rate * expected) / (cell.den + expected)
    if forecast > clearing or (forecast == clearing and not strict):
        return "clear", "forecast_meets_target"
    return "neither", "forecast_uncertain"


def _too_early(cell: Cell, policy: Policy) -> str:
    if cell.target < 0:
        return "no_target"
    if cell.den < policy.min_denominator:
        return "too_few_events"
    if (cell.as_of - cell.start).days + 1 < policy.min_days:
        return "too_few_days"
    if cell.source_silent:
        return "source_silent"
    return "" if cell.expected_den > 0 else "nothing_expected"


def required_share(cell: Cell, policy: Policy) -> Fraction:
    """Share of the expected events that must count, to end on the target less the tolerated margin."""
    level = cell.target - policy.margin_points
    whole = level * (cell.den + cell.expected_den) - 100 * cell.num
    return Fraction(whole, 100 * cell.expected_den)


def _surely_below(rate: Fraction, events: int, required: Fraction, *, strict: bool) -> bool:
    """Whether even the interval's upper end misses: z²·r(1−r) < n·(r−p)², for a required share r above the rate p."""
    if required <= rate or required <= 0:
        return False
    left, right = Z * Z * required * (1 - required), events * (required - rate) ** 2
    return left <= right if strict else left < right


def wilson_tenths(num: int, den: int) -> tuple[int, int]:
    """Both ends of the interval in tenths of a percent, the lower one rounded down, the upper one up; for display."""
    z2 = Z * Z
    middle, width = 2 * num + z2, z2 * (z2 + Fraction(4 * num * (den - num), den))
    scale = 10**12
    root = Fraction(isqrt(int(width * scale * scale)), scale)
    low, high = (middle - root) / (2 * (den + z2)), (middle + root) / (2 * (den + z2))
    return max(0, int(low * TENTHS)), min(TENTHS, -int(-high * TENTHS // 1))


def outlook(cell: Cell, policy: Policy) -> dict[str, Any]:
    """Required rate, forecast and interval as exact tenths of a percent; the required one rounded up."""
    required = required_share(cell, policy)
    facts: dict[str, Any] = {
        "expected": cell.expected_den,
        "required_percent": -int(-required * TENTHS // 1) / 10,
        "required_exact": f"{(required * 100).numerator}/{(required * 100).denominator}",
        "recent_numerator": cell.recent_num,
        "recent_denominator": cell.recent_den,
    }
    if not cell.recent_den or cell.recent_num is None:
        return facts
    low, high = wilson_tenths(cell.recent_num, cell.recent_den)
    ends = [_ending(cell, Fraction(one, TENTHS)) for one in (low, high)]
    return facts | {
        "forecast_percent": _ending(cell, Fraction(cell.recent_num, cell.recent_den)) / 10,
        "forecast_low_percent": ends[0] / 10,
        "forecast_high_percent": ends[1] / 10,
    }


def _ending(cell: Cell, rate: Fraction) -> int:
    """Tenths of a percent on which the period would end, rounded down."""
    return int((cell.num + rate * cell.expected_den) / (cell.den + cell.expected_den) * TENTHS)
