"""The rules about a unit's figure, as tables: below target, early warning, pace."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerts.kinds import held_then, pace
from services.alerts.policy import Policy
from services.alerts.snapshot import Cell
from tests.support.alert_snapshots import cell, found, policies, said, snapshot

DEFAULT = Policy(min_denominator=30)
STRICT = {"target": 90, "comparator": ">"}
ALL = {"target": 100, "comparator": "="}
MARGIN = {"min_denominator": 30, "margin_points": 5, "clear_points": 2}


@pytest.mark.parametrize(
    ("seen", "policy", "truth", "reason"),
    [
        (cell(79, 100), {}, "breach", "below_target"),
        (cell(80, 100), {}, "clear", "target_met"),
        (cell(79_999, 100_000), {}, "breach", "below_target"),
        (cell(20, 29), {}, "neither", "too_few_events"),
        (cell(23, 30), {}, "breach", "below_target"),
        (cell(0, 0), {"min_denominator": 1}, "neither", "no_occurrence"),
        (cell(90, 100, **STRICT), {}, "breach", "below_target"),
        (cell(91, 100, **STRICT), {}, "clear", "target_met"),
        (cell(80, 100), {"clear_points": 2}, "neither", "within_hysteresis"),
        (cell(81, 100), {"clear_points": 2}, "neither", "within_hysteresis"),
        (cell(82, 100), {"clear_points": 2}, "clear", "target_met"),
        (cell(92, 100, **STRICT), {"clear_points": 2}, "neither", "within_hysteresis"),
        (cell(93, 100, **STRICT), {"clear_points": 2}, "clear", "target_met"),
        (cell(99, 100, target=99), {"clear_points": 2}, "neither", "within_hysteresis"),
        (cell(100, 100, target=99), {"clear_points": 2}, "clear", "target_met"),
        (cell(94, 100, **ALL), MARGIN, "breach", "below_target"),
        (cell(95, 100, **ALL), MARGIN, "neither", "within_margin"),
        (cell(96, 100, **ALL), MARGIN, "neither", "within_margin"),
        (cell(97, 100, **ALL), MARGIN, "clear", "back_within_margin"),
        (cell(100, 100, **ALL), MARGIN, "clear", "target_met"),
        (cell(90, 116, no_data=26, **ALL), {}, "neither", "waiting_for_data"),
        (cell(89, 116, no_data=26, **ALL), {}, "breach", "below_target"),
        (cell(1, 100, target=-1, comparator=""), {}, "neither", "no_target"),
        (cell(79, 100, source_silent=True), {}, "neither", "source_silent"),
        (cell(79, 100, flags=("basis_undefined",)), {}, "neither", "basis_undefined"),
        (cell(79, 100, as_of=date(2026, 1, 30)), {"min_days": 31}, "neither", "too_few_days"),
        (cell(79, 100, as_of=date(2026, 1, 31)), {"min_days": 31}, "breach", "below_target"),
    ],
)
def test_the_period_to_date(seen: Cell, policy: dict[str, Any], truth: str, reason: str) -> None:
    using = policies("below_target", **({"min_denominator": 30} | policy))
    assert said("below_target", snapshot(cells=(seen,)), using) == (truth, reason)


@pytest.mark.parametrize(
    ("seen", "truth", "reason"),
    [
        (cell(900, 1000, recent_num=71, recent_den=100), "breach", "recent_below_target"),
        (cell(900, 1000, recent_num=77, recent_den=100), "neither", "within_margin"),
        (cell(900, 1000, recent_num=78, recent_den=100), "clear", "back_within_margin"),
        (cell(900, 1000, recent_num=82, recent_den=100), "clear", "target_met"),
        (cell(799, 1000, recent_num=71, recent_den=100), "neither", "period_below_target"),
        (cell(799, 1000, recent_num=90, recent_den=100), "clear", "target_met"),
        (cell(900, 1000, recent_num=0, recent_den=29), "neither", "too_few_events"),
        (cell(900, 1000, recent_num=1, recent_den=100, as_of=date(2027, 1, 5)), "neither", "period_over"),
        (cell(900, 1000, recent_num=1, recent_den=100, source_silent=True), "neither", "source_silent"),
    ],
)
def test_the_last_thirty_days_warn_only_while_the_period_is_met(seen: Cell, truth: str, reason: str) -> None:
    using = policies("below_recent", min_denominator=30, margin_points=5, clear_points=3)
    assert said("below_recent", snapshot(cells=(seen,)), using) == (truth, reason)


def test_a_stock_has_neither_recent_days_nor_a_pace() -> None:
    stock = snapshot(cells=(cell(1, 2, recent_num=None, recent_den=None),))
    assert found("below_recent", stock) == found("pace", stock) == []


def test_an_empty_newest_month_is_no_zero_posthog_91700() -> None:
    quiet = snapshot(cells=(cell(900, 1000, recent_num=0, recent_den=0, expected_den=500),))
    assert said("below_recent", quiet) == ("neither", "no_occurrence")
    assert said("pace", quiet) == ("neither", "no_recent_events")


def test_one_miss_at_tiny_volume_pages_nobody_pyrra_1925() -> None:
    tiny = snapshot(cells=(cell(0, 1, recent_num=0, recent_den=1, expected_den=1),))
    for rule in ("below_target", "below_recent", "pace"):
        assert said(rule, tiny, policies(min_denominator=30)) == ("neither", "too_few_events")


def test_a_cell_that_vanished_is_not_resolved_grafana() -> None:
    assert found("below_target", snapshot(cells=())) == []
    emptied = snapshot(cells=(cell(0, 0),))
    assert said("below_target", emptied) == ("neither", "no_occurrence")


PACE = Policy(min_denominator=100, min_days=60, clear_points=2)
"""The hand counts: 500 expected after 1,000 to date."""


def at_pace(num: int, den: int, **fields: Any) -> Cell:
    """500 expected, the last 30 days at 70 of 100 unless told otherwise."""
    return cell(num, den, **({"expected_den": 500, "recent_num": 70, "recent_den": 100} | fields))


@pytest.mark.parametrize(
    ("seen", "truth", "reason"),
    [
        (at_pace(700, 1000), "breach", "forecast_below_target"),
        (at_pace(699, 1000), "lost", "cannot_be_reached"),
        (at_pace(850, 1000, **STRICT), "lost", "cannot_be_reached"),
        (at_pace(851, 1000, **STRICT), "breach", "forecast_below_target"),
        (at_pace(800, 1000), "breach", "forecast_below_target"),
        (at_pace(800, 1000, recent_num=73), "neither", "forecast_uncertain"),
        (at_pace(800, 1000, recent_num=85), "neither", "forecast_uncertain"),
        (at_pace(830, 1000, recent_num=80), "clear", "forecast_meets_target"),
        (at_pace(1000, 1000, recent_num=100), "clear", "forecast_meets_target"),
        (at_pace(700, 1000, recent_num=100), "neither", "forecast_uncertain"),
        (at_pace(0, 99), "neither", "too_few_events"),
        (at_pace(0, 1000, as_of=date(2026, 2, 28)), "neither", "too_few_days"),
        (at_pace(0, 1000, as_of=date(2026, 3, 1)), "lost", "cannot_be_reached"),
        (at_pace(0, 1000, source_silent=True), "neither", "source_silent"),
        (at_pace(0, 1000, expected_den=0), "neither", "nothing_expected"),
        (at_pace(0, 1000, target=-1), "neither", "no_target"),
        (at_pace(0, 1000, flags=("basis_undefined",)), "neither", "basis_undefined"),
    ],
)
def test_pace_by_hand(seen: Cell, truth: str, reason: str) -> None:
    using = policies("pace", min_denominator=100, min_days=60, clear_points=2)
    assert said("pace", snapshot(cells=(seen,)), using) == (truth, reason)


def test_seven_hundred_of_a_thousand_need_exactly_all_of_the_five_hundred_to_come() -> None:
    assert Fraction(*pace.required(at_pace(700, 1000), PACE)) == 1
    assert Fraction(*pace.required(at_pace(699, 1000), PACE)) > 1
    assert Fraction(*pace.required(at_pace(745, 1000), PACE)) == Fraction(91, 100)


def test_the_facts_say_required_rate_forecast_and_interval() -> None:
    (one,) = found("pace", snapshot(cells=(at_pace(745, 1000),)), policies("pace", min_denominator=100))
    assert (one.facts["required_percent"], one.facts["required_exact"]) == (91.0, "91/1")
    assert one.facts["forecast_percent"] == 73.0  # (745 + 0.7 × 500) / 1,500
    assert one.facts["forecast_low_percent"] < 73.0 < one.facts["forecast_high_percent"]
    assert pace.wilson_tenths(70, 100) == (604, 782)  # 60.42 % to 78.11 %: Wilson's interval of 70 in 100


@given(st.integers(1, 400), st.integers(0, 400), st.fractions(0, 1, max_denominator=500))
def test_the_exact_test_agrees_with_the_interval_that_is_shown(events: int, misses: int, required: Fraction) -> None:
    num = max(0, events - misses)
    low, high = pace.wilson_tenths(num, events)
    below = pace._surely_below(num, events, (required.numerator, required.denominator), strict=False)
    assert 0 <= low <= num * 1000 / events <= high <= 1000
    if below:
        assert high <= required * 1000 + 1
    elif required > Fraction(num, events):
        assert high >= required * 1000


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(1, 500), st.sampled_from([">", ">="]))
def test_lost_is_what_a_perfect_rest_does_not_mend(num: int, misses: int, expected: int, comparator: str) -> None:
    seen = at_pace(num, num + misses, expected_den=expected, comparator=comparator)
    truth, _ = pace.see(seen, Policy(min_denominator=1))
    best, whole = (num + expected) * 100, 80 * (num + misses + expected)
    reachable = best > whole if comparator == ">" else best >= whole
    if seen.den:
        assert (truth == "lost") == (not reachable)


def test_a_withdrawn_alert_is_one_whose_condition_was_not_true_by_what_is_known_now() -> None:
    scope = found("below_target", snapshot(cells=(cell(79, 100),)))[0].scope
    assert held_then(scope, cell(79, 100), DEFAULT)
    assert not held_then(scope, cell(80, 100), DEFAULT)
    assert not held_then(scope, cell(20, 29), DEFAULT)


def test_an_early_warning_was_right_when_the_whole_period_turns_out_below() -> None:
    scope = found("below_recent", snapshot(cells=(cell(9, 10, recent_num=1, recent_den=2),)))[0].scope
    assert held_then(scope, cell(700, 1000, recent_num=70, recent_den=100), DEFAULT)
    assert not held_then(scope, cell(900, 1000, recent_num=90, recent_den=100), DEFAULT)


def test_findings_carry_what_the_evidence_freezes() -> None:
    (one,) = found("below_target", snapshot(cells=(cell(1428, 2000),)))
    facts = one.facts
    assert (facts["numerator"], facts["denominator"], facts["percent"]) == (1428, 2000, 71.4)
    assert (facts["target"], facts["comparator"], facts["legal_row"]) == (80, ">=", "PL01-11")
    assert facts["window"] == {"period": "2026", "start": "2026-01-01", "end": "2026-12-31", "as_of": "2026-07-01"}
    assert facts["watermark"] == [{"partition": 0, "offset": 41, "received": "2026-07-01T07:59:59+00:00"}]
    assert facts["cell"] == "/cells/filing_full_online/xa-12004"
    assert one.scope.alert_id == "below_target:filing_full_online:xa-12004:2026"
