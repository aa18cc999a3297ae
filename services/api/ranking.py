"""Which units stand worst: a count over the board's statuses, never a new rate."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from services.api.models import UnitRank


def rank(rows: Iterable[Mapping[str, Any]]) -> list[UnitRank]:
    """Units by indicators below target, then by points missing to the targets, then by code; `rows` are board cells."""
    statuses: dict[str, dict[str, str]] = defaultdict(dict)
    shortfall: dict[str, float] = defaultdict(float)
    for row in rows:
        statuses[row["unit"]][row["indicator"]] = row["indicator_status"]
        if row["status"] == "below":
            shortfall[row["unit"]] += row["target"] - row["percent"]
    ranks = [_rank(unit, list(by_indicator.values()), shortfall[unit]) for unit, by_indicator in statuses.items()]
    return sorted(ranks, key=lambda one: (-one.below, -one.shortfall, one.unit))


def _rank(unit: str, statuses: list[str], shortfall: float) -> UnitRank:
    below, met = statuses.count("below"), statuses.count("met")
    return UnitRank(unit=unit, below=below, met=met, shortfall=round(shortfall, 1))
