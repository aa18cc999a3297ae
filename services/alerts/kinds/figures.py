"""How a cell's integers stand to its target, and the facts that every rule about a cell freezes (pure)."""

from typing import Any

from services.alerts.finding import Scope, Truth
from services.alerts.policy import Policy
from services.alerts.snapshot import Cell, Snapshot
from shared.contracts.alerts import Rule

Judgement = tuple[Truth, str]


def meets(num: int, den: int, level: int, comparator: str) -> bool:
    """Whether num/den reaches `level` percent by the target's own comparator; integers only."""
    return num * 100 > level * den if comparator == ">" else num * 100 >= level * den


def judge(num: int, den: int, cell: Cell, policy: Policy) -> Judgement:
    """What figures say, held against the cell's target.

    Silence, too few events, a margin and what was never heard of neither start nor end an alert. An alert ends
    `clear_points` above the level at which it fires, so that one filing more or less does not turn it to and fro.
    """
    unclear = unjudged(den, cell, policy)
    if unclear:
        return "neither", unclear
    alerting = cell.target - policy.margin_points
    clearing = min(100, alerting + policy.clear_points)
    if num * 100 >= clearing * den and (clearing < cell.target or meets(num, den, clearing, cell.comparator)):
        return "clear", "target_met" if meets(num, den, cell.target, cell.comparator) else "back_within_margin"
    return _short(num, den, cell, policy)


def unjudged(den: int, cell: Cell, policy: Policy) -> str:
    """Why nothing can be said of the figures, or ""."""
    if cell.target < 0:
        return "no_target"
    if "basis_undefined" in cell.flags:
        return "basis_undefined"
    if den == 0:
        return "no_occurrence"
    if den < policy.min_denominator:
        return "too_few_events"
    return "source_silent" if cell.source_silent else ""


def too_early(cell: Cell, policy: Policy) -> bool:
    """Whether the period is younger than the policy's `min_days`; on its first day it is one day old."""
    return (cell.as_of - cell.start).days + 1 < policy.min_days


def _short(num: int, den: int, cell: Cell, policy: Policy) -> Judgement:
    tolerated = (cell.target - policy.margin_points) * den
    if meets(num, den, cell.target, cell.comparator):
        return "neither", "within_hysteresis"
    if policy.margin_points and num * 100 >= tolerated:
        return "neither", "within_margin"
    if cell.no_data and (num + cell.no_data) * 100 >= tolerated:
        return "neither", "waiting_for_data"
    return "breach", "below_target"


def scope_of(rule: Rule, cell: Cell) -> Scope:
    """Identity of a rule's alert on a cell and period."""
    thing = f"{cell.figure}:{cell.unit}:{cell.period}"
    return Scope(rule, thing, cell.unit, cell.indicator, cell.figure, cell.period)


def facts_of(cell: Cell, policy: Policy, snapshot: Snapshot) -> dict[str, Any]:
    """JSON values that every rule about a cell freezes; `alert_level` is where it fires: the target less the margin."""
    return {
        "unit_vi": cell.unit_vi,
        "figure_vi": cell.figure_vi,
        "counted_vi": cell.counted_vi,
        "numerator": cell.num,
        "denominator": cell.den,
        "percent": percent(cell.num, cell.den, cell),
        "no_data": cell.no_data,
        "target": cell.target,
        "comparator": cell.comparator,
        "alert_level": cell.target - policy.margin_points,
        "clear_points": policy.clear_points,
        "min_denominator": policy.min_denominator,
        "legal_row": cell.legal_row,
        "catalogue_version": cell.catalogue_version,
        "window": snapshot.window,
        "flags": list(cell.flags),
        "watermark": snapshot.marks,
        "cell": f"/cells/{cell.indicator}/{cell.unit}",
    }


def percent(num: int, den: int, cell: Cell) -> float | None:
    """For display, in tenths: rounded down, except above a strict target, so that it never shows a target it misses."""
    if den == 0:
        return None
    up = cell.comparator == ">" and meets(num, den, cell.target, ">")
    return (-(-num * 1000 // den) if up else num * 1000 // den) / 10
