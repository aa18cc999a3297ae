"""The alert machine: a table of decisions."""

from datetime import UTC, date, datetime

import pytest

from services.alerts.machine import AlertState, decide
from services.alerts.observation import Observation
from services.alerts.policy import Policy

NOW = datetime(2026, 7, 1, 8, tzinfo=UTC)
OK, FIRING, RESOLVED = AlertState("ok", 0), AlertState("firing", 1), AlertState("resolved", 2)


def seen(num: int, den: int, *, target: int = 80, comparator: str = ">=", no_data: int = 0) -> Observation:
    """A cell whose status is what the board's rule gives for its integers."""
    above = num * 100 > target * den if comparator == ">" else num * 100 >= target * den
    return Observation(
        indicator="filing_full_online",
        figure="filing_full_online",
        code="T09",
        figure_vi="Hồ sơ giải quyết trực tuyến toàn trình",
        unit="xa-12004",
        unit_vi="Xã Như Quỳnh",
        period="2026",
        num=num,
        den=den,
        no_data=no_data,
        target=target,
        comparator=comparator,
        legal_row="PL01-11a",
        status="met" if above else "below",
        percent=num * 1000 // den / 10 if den else None,
        flags=(),
        as_of=date(2026, 7, 1),
        watermark=(),
        catalogue_version="v",
    )


@pytest.mark.parametrize(
    ("state", "observation", "policy", "to", "reason"),
    [
        (OK, seen(79, 100), Policy(), "firing", "below_target"),
        (OK, seen(80, 100), Policy(), "ok", "still_met"),
        (OK, seen(20, 29), Policy(), "ok", "too_few_events"),
        (OK, seen(23, 30), Policy(), "firing", "below_target"),
        (OK, seen(0, 0), Policy(min_denominator=1), "ok", "too_few_events"),
        (OK, seen(90, 100, target=90, comparator=">"), Policy(), "firing", "below_target"),
        (OK, seen(91, 100, target=90, comparator=">"), Policy(), "ok", "still_met"),
        (OK, seen(96, 100, target=100), Policy(margin_points=5), "ok", "within_margin"),
        (OK, seen(95, 100, target=100), Policy(margin_points=5), "ok", "within_margin"),
        (OK, seen(94, 100, target=100), Policy(margin_points=5), "firing", "below_target"),
        (OK, seen(90, 116, target=100, no_data=26), Policy(), "ok", "waiting_for_data"),
        (OK, seen(89, 116, target=100, no_data=26), Policy(), "firing", "below_target"),
        (OK, seen(1, 100, target=-1), Policy(), "ok", "no_target"),
        (OK, seen(1, 100), Policy(enabled=False), "ok", "disabled"),
        (FIRING, seen(79, 100), Policy(), "firing", "still_below"),
        (FIRING, seen(80, 100), Policy(), "resolved", "target_met"),
        (FIRING, seen(0, 0), Policy(), "firing", "too_few_events"),
        (FIRING, seen(1, 100, target=-1), Policy(), "firing", "no_target"),
        (FIRING, seen(96, 100, target=100), Policy(margin_points=5), "firing", "within_margin"),
        (RESOLVED, seen(79, 100), Policy(), "firing", "below_target"),
        (RESOLVED, seen(80, 100), Policy(), "resolved", "still_met"),
    ],
)
def test_a_cell_moves_as_the_table_says(
    state: AlertState, observation: Observation, policy: Policy, to: str, reason: str
) -> None:
    decision = decide(state, observation, policy, NOW)
    assert (decision.state.name, decision.reason) == (to, reason)
    assert (decision.transition is not None) == (to != state.name)


def test_transitions_are_numbered_so_that_ids_never_repeat() -> None:
    state, numbers = OK, []
    for num in (79, 80, 79, 79, 80):
        decision = decide(state, seen(num, 100), Policy(), NOW)
        state = decision.state
        if decision.transition:
            numbers.append((decision.transition.alert_id, decision.transition.number))
    assert numbers == [("below_target:filing_full_online:xa-12004:2026", n) for n in (1, 2, 3, 4)]
