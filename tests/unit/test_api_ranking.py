from typing import Any

from services.api.ranking import rank


def cell(unit: str, indicator: str, status: str, percent: float | None = 50.0, target: int = 80) -> dict[str, Any]:
    return {
        "unit": unit, "indicator": indicator, "indicator_status": status, "status": status, "percent": percent,
        "target": target,
    }  # fmt: skip


def test_more_indicators_below_target_stand_first() -> None:
    rows = [cell("a", "one", "below"), cell("b", "one", "below"), cell("b", "two", "below"), cell("a", "two", "met")]
    assert [(one.unit, one.below, one.met) for one in rank(rows)] == [("b", 2, 0), ("a", 1, 1)]


def test_equal_counts_are_told_apart_by_the_points_missing() -> None:
    rows = [cell("a", "one", "below", 79.9), cell("b", "one", "below", 20.0)]
    assert [(one.unit, one.shortfall) for one in rank(rows)] == [("b", 60.0), ("a", 0.1)]


def test_an_indicator_with_two_figures_counts_once() -> None:
    rows = [cell("a", "one", "below"), cell("a", "one", "below")]
    assert rank(rows)[0].below == 1


def test_what_did_not_occur_is_neither_met_nor_below() -> None:
    only = rank([cell("a", "one", "no_occurrence", None)])[0]
    assert (only.below, only.met, only.shortfall) == (0, 0, 0.0)
