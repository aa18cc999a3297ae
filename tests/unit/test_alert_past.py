"""What a replay judges without facts is what the evaluator judges with them; a rule that is off is not asked at all."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerts.kinds import findings
from services.alerts.past.judging import QUIET, Judging
from services.alerts.policy import Match, Override, Policies
from services.alerts.policy_files import load_policies
from tests.support.alert_snapshots import CATALOGUE, LEVELS, cell, policies, snapshot

SHIPPED = load_policies(CATALOGUE)
STOCK: dict[str, Any] = {"figure": "ehealth_record", "indicator": "ehealth_record", "recent_num": None,
                         "recent_den": None, "target": 95}  # fmt: skip

amounts = st.integers(0, 400).flatmap(lambda den: st.tuples(st.integers(0, den), st.just(den)))
days = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@given(amounts, amounts, st.integers(0, 500), days, st.booleans())
def test_a_replay_judges_a_cell_as_the_evaluator_does(
    whole: tuple[int, int], recent: tuple[int, int], expected: int, as_of: date, silent: bool
) -> None:
    flow = cell(*whole, recent_num=recent[0], recent_den=recent[1], expected_den=expected, as_of=as_of)
    stock = cell(*whole, expected_den=expected, as_of=as_of, **STOCK)
    seen = snapshot(cells=tuple(replace(one, source_silent=silent) for one in (flow, stock)))
    wanted = {one.scope.alert_id: (one.truth, one.reason) for one in findings(seen, SHIPPED)}
    judged = Judging(SHIPPED).found([seen], standing=wanted)
    assert {key: (one.truth, one.reason) for key, one in judged.items()} == wanted
    news = Judging(SHIPPED).found([seen], standing=())
    assert news.keys() == {key for key, (truth, _) in wanted.items() if truth not in QUIET}


@pytest.mark.parametrize(
    ("overrides", "asked"),
    [
        ((), False),
        ((Override(match=Match(rule=("pace",), level=("commune",)), set={"enabled": True}),), True),
        ((Override(match=Match(level=("commune",)), set={"enabled": True}),), True),
        ((Override(match=Match(rule=("below_target",)), set={"enabled": True}),), False),
        ((Override(match=Match(rule=("pace",)), set={"min_days": 60}),), False),
    ],
)
def test_a_rule_that_is_off_is_asked_only_where_an_override_turns_it_on(
    overrides: tuple[Override, ...], asked: bool
) -> None:
    file = policies("pace", enabled=False).file.model_copy(update={"overrides": overrides})
    using = Policies(file, LEVELS)
    seen = snapshot(cells=(cell(10, 100, recent_num=10, recent_den=100, expected_den=300),))
    assert using.can_alert("pace") == asked
    assert ("pace" in {one.scope.rule for one in findings(seen, using)}) == asked
    assert any(key.startswith("pace:") for key in Judging(using).found([seen], standing=())) == asked
