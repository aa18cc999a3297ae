"""The evaluator over the in-memory store: what is recorded and handed over, and the traps that others have paid for."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from services.alerts.finding import PERIOD_CLOSED, Scope
from services.alerts.policy import Flapping, Inhibition, Policy
from services.alerts.routing import receivers_of
from shared.contracts.commands import Matching
from shared.errors import FencedError
from shared.local_time import LOCAL
from tests.support.alert_world import World, told
from tests.support.alerts import NOW, cell, command, found, minutes, policies

LAST_EVALUATION = "chitieu_alerts_last_evaluation_timestamp_seconds"


def last_evaluation() -> float:
    return REGISTRY.get_sample_value(LAST_EVALUATION) or 0.0


@pytest.fixture
def world() -> World:
    return World()


def test_a_breach_is_recorded_and_handed_over_once(world: World) -> None:
    evaluator = world.sees("breach").evaluator()
    (first,) = evaluator.evaluate({}) or []
    assert (first.id, first.receivers) == (f"{cell().alert_id}:1", ("desk",))
    assert first.evidence["numerator"] == 70
    assert evaluator.evaluate({}) == []
    assert len(world.tables.changes) == 1


def test_a_successor_goes_on_where_the_owner_stopped(world: World) -> None:
    world.sees("breach").evaluator().evaluate({})
    assert world.sees("breach", after=minutes(5)).evaluator().evaluate({}) == []
    (ended,) = world.sees("clear").evaluator().evaluate({}) or []
    assert (ended.state, ended.number) == ("resolved", 2)


def test_an_evaluator_that_lost_the_alerts_can_record_nothing(world: World) -> None:
    old, new = world.evaluator(), world.evaluator()
    world.sees("breach")
    with pytest.raises(FencedError):
        old.evaluate({})
    assert told(new.evaluate({})) == [("state", "firing")]


def test_a_snapshot_older_than_what_was_announced_is_looked_at_again(world: World) -> None:
    evaluator = world.sees("breach").evaluator()
    assert evaluator.evaluate({0: 1}) is None
    assert evaluator.evaluate({3: 0}) is None
    world.offset = 1
    assert told(evaluator.evaluate({0: 1})) == [("state", "firing")]


def test_a_snapshot_older_than_one_that_was_decided_on_is_looked_at_again(world: World) -> None:
    world.offset = 9
    evaluator = world.sees("clear").evaluator()
    evaluator.evaluate({})
    world.sees("breach").offset = 8
    assert evaluator.evaluate({}) is None


def test_whether_it_was_true_is_asked_with_the_moment_and_the_policy_of_the_firing(world: World) -> None:
    world.policies = policies(Policy(margin_points=2, receivers=("desk",)))
    world.sees("breach").evaluator().evaluate({})
    world.policies = policies(Policy(margin_points=9, min_denominator=500, receivers=("desk",)), version="edited")
    world.held = False
    (ended,) = world.sees("clear", after=minutes(60)).evaluator().evaluate({}) or []
    assert ended.state == "withdrawn"
    (((scope, instant, policy, target),),) = world.asked
    assert (scope, instant, policy.margin_points, policy.min_denominator, target) == (cell(), NOW, 2, 30, 80)


def test_a_target_that_is_lowered_later_makes_no_alert_look_wrong(world: World) -> None:
    """The board has another target now; it is asked by the one that the alert was judged by, also by a successor."""
    world.sees("breach").evaluator().evaluate({})
    lowered = found("clear", facts={"target": 60})
    world.sees(lowered, after=minutes(60)).evaluator().evaluate({})
    assert [one.target for asked in world.asked for one in asked] == [80]


def test_two_hundred_alerts_that_end_together_are_asked_about_once(world: World) -> None:
    """What blocks the evaluator must not grow with their number; also while something keeps some of them quiet."""
    scopes = [cell(unit=f"xa-{number}") for number in range(200)]
    evaluator = world.sees(*(found("breach", one) for one in scopes)).evaluator()
    evaluator.evaluate({})
    evaluator.obey(command("silence", matching=Matching(unit="xa-7"), until=NOW + minutes(60)))
    world.sees(*(found("clear", one) for one in scopes), found("breach", cell("pace")), after=minutes(1))
    assert len(evaluator.evaluate({}) or []) == 200
    assert [len(asked) for asked in world.asked] == [200]


def test_an_alert_of_which_it_cannot_be_read_stays_open_and_is_asked_about_again(world: World) -> None:
    evaluator = world.sees("breach").evaluator()
    evaluator.evaluate({})
    world.sees("clear", found("breach", cell("pace")), after=minutes(1)).held = None
    assert {(one.rule, one.state) for one in evaluator.evaluate({}) or []} == {("pace", "firing")}
    world.held = False
    assert [one.state for one in evaluator.evaluate({}) or []] == ["withdrawn"]


def test_one_thing_that_two_snapshots_show_is_decided_once(world: World) -> None:
    assert told(world.sees("breach", "clear").evaluator().evaluate({})) == [("state", "firing")]


def test_several_steps_that_are_due_together_come_in_one_look(world: World) -> None:
    steps = [{"after": minutes(m), "receivers": ("lead",)} for m in (0, 0, 60)]
    world.policies = policies(Policy.model_validate({"escalation": steps, "receivers": ("desk",)}))
    assert told(world.sees("breach").evaluator().evaluate({})) == [
        ("state", "firing"), ("escalated", "firing"), ("escalated", "firing")
    ]  # fmt: skip


def test_a_graver_alert_of_the_unit_replaces_those_of_its_systems_in_the_same_look_and_hides_none_for_good(
    world: World,
) -> None:
    rule = {"by": {"rule": "link_down"}, "quiets": {"rule": "system_unmonitored"}}
    world.policies = policies(inhibitions=(Inhibition.model_validate(rule),))
    link = Scope("link_down", "xa-12004", "xa-12004")
    system = Scope("system_unmonitored", "s1", "xa-12004")
    elsewhere = Scope("system_unmonitored", "s2", "so-khcn")
    evaluator = world.sees(*(found("breach", one) for one in (system, link, elsewhere))).evaluator()
    assert {one.thing for one in evaluator.evaluate({}) or []} == {"xa-12004", "s2"}
    hidden = next(one.change for one in world.tables.changes if one.change.scope == system)
    assert hidden.quiet_because == link.alert_id
    world.sees(found("clear", link), found("breach", system), found("breach", elsewhere))
    assert {(one.thing, one.change) for one in evaluator.evaluate({}) or []} == {
        ("xa-12004", "state"), ("s1", "released")
    }  # fmt: skip


def test_maintenance_hides_its_unit_until_it_is_over_and_then_tells_what_is(world: World) -> None:
    evaluator = world.evaluator()
    silence = command("silence", matching=Matching(unit="xa-12004"), until=NOW + minutes(60))
    assert evaluator.obey(silence).outcome == "silenced"
    other = found("breach", cell(unit="so-khcn"))
    assert [one.unit for one in world.sees("breach", other).evaluator().evaluate({}) or []] == ["so-khcn"]
    world.sees("breach", other, after=minutes(60))
    assert told(world.evaluator().evaluate({})) == [("released", "firing")]


def test_a_silence_that_is_ended_early_is_over_at_once(world: World) -> None:
    evaluator = world.sees("breach").evaluator()
    evaluator.obey(command("silence", 1, matching=Matching(rule="below_target"), until=NOW + timedelta(days=1)))
    assert evaluator.evaluate({}) == []
    ending = command("end_silence", 2, silence_id=command("silence", 1).id)
    assert evaluator.obey(ending).outcome == "silence_ended"
    assert told(evaluator.evaluate({})) == [("released", "firing")]
    assert evaluator.obey(command("end_silence", 3, silence_id=command("silence", 1).id)).outcome == "over_already"


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"matching": Matching(), "until": NOW + minutes(1)}, "matches_everything"),
        ({"matching": None, "until": NOW + minutes(1)}, "matches_everything"),
        ({"matching": Matching(unit="u"), "until": None}, "ends_before_it_begins"),
        ({"matching": Matching(unit="u"), "until": NOW}, "ends_before_it_begins"),
        ({"matching": Matching(unit="u"), "begins": NOW + minutes(9), "until": NOW + minutes(9)},
         "ends_before_it_begins"),
        ({"matching": Matching(unit="u"), "until": NOW + timedelta(days=91)}, "too_long"),
        ({"matching": Matching(unit="u"), "until": NOW + timedelta(days=90)}, "silenced"),
    ],
)  # fmt: skip
def test_a_silence_is_bounded_in_what_and_in_how_long(world: World, fields: dict[str, Any], outcome: str) -> None:
    assert world.evaluator().obey(command("silence", **fields)).outcome == outcome


def test_a_command_that_comes_again_is_recognised_also_by_a_successor(world: World) -> None:
    evaluator = world.sees("breach").evaluator()
    evaluator.evaluate({})
    taken = command("acknowledge", until=NOW + minutes(60))
    assert [evaluator.obey(taken).outcome, evaluator.obey(taken).outcome] == ["acknowledged", "repeated"]
    assert world.evaluator().obey(taken).outcome == "repeated"
    assert [one.change.kind for one in world.tables.changes] == ["state", "acknowledged"]


def test_a_command_about_what_is_not_there_or_not_open_is_answered_with_its_reason(world: World) -> None:
    evaluator = world.sees("breach").evaluator()
    assert evaluator.obey(command("acknowledge")).outcome == "unknown_alert"
    evaluator.evaluate({})
    world.sees("clear")
    evaluator.evaluate({})
    assert evaluator.obey(command("acknowledge")).outcome == "not_open"
    assert evaluator.obey(command("note", 2)).outcome == "noted"


# Traps that others have paid for: design.md §9.


def test_sentry_50067_a_late_event_that_crosses_a_past_threshold_fires_with_its_own_time(world: World) -> None:
    evaluator = world.sees("clear").evaluator()
    evaluator.evaluate({})
    late = found("breach", facts={"events": [{"time": (NOW - timedelta(days=9)).isoformat(), "late": True}]})
    (fired,) = world.sees(late, after=minutes(1)).evaluator().evaluate({}) or []
    assert fired.evidence["events"][0]["time"] == "2026-06-22T08:00:00+00:00"
    assert "22/06/2026 đến muộn" in fired.sentence_vi


def test_snuba_7811_a_missing_watermark_never_stalls_silently(world: World) -> None:
    """Nothing is decided on half a snapshot, and the sign of life stops, so that the dead man's switch tells."""
    evaluator = world.sees("breach").evaluator()
    evaluator.evaluate({0: 0})
    alive = last_evaluation()
    world.marks = lambda _: []
    assert evaluator.evaluate({0: 0}) is None
    assert last_evaluation() == alive > 0


def test_grafana_a_thing_that_vanishes_is_not_over(world: World) -> None:
    evaluator = world.sees("breach").evaluator()
    evaluator.evaluate({})
    assert world.sees(after=timedelta(days=30)).evaluator().evaluate({}) == []
    assert world.evaluator().standing.states[cell().alert_id][1].name == "firing"


def test_what_stands_open_when_its_year_is_closed_ends_with_it_and_is_told_to_no_person(world: World) -> None:
    """Else it would stand open, and be sent to every Alertmanager again, for ever. Until then nothing ends it."""
    evaluator = world.sees("breach").evaluator()
    evaluator.evaluate({})
    world.now = datetime(2027, 1, 31, 23, 59, tzinfo=LOCAL)
    assert world.sees().evaluator().evaluate({}) == []
    (ended,) = world.sees(after=minutes(1)).evaluator().evaluate({}) or []
    assert (ended.state, ended.reason) == ("resolved", PERIOD_CLOSED)
    assert "kỳ 2026 đã khép lại" in ended.sentence_vi
    assert receivers_of(world.tables.changes[-1].change, Policy(receivers=("desk",))) == ()


def test_a_vanished_alert_is_still_passed_on_when_nobody_takes_it(world: World) -> None:
    step = {"after": minutes(30), "receivers": ("lead",)}
    world.policies = policies(Policy.model_validate({"escalation": (step,), "receivers": ("desk",)}))
    world.sees("breach").evaluator().evaluate({})
    assert told(world.sees(after=minutes(30)).evaluator().evaluate({})) == [("escalated", "firing")]


def test_kibana_239852_hold_and_flapping_do_not_cancel_each_other(world: World) -> None:
    """Short breaches are held back and are no flapping; the one that lasts is told, also right after them."""
    nervous = Policy(hold=minutes(10), flapping=Flapping(turns=2, within=minutes(360)), receivers=("desk",))
    world.policies = policies(nervous)
    evaluator = world.evaluator()
    for _ in range(20):
        world.sees("breach", after=minutes(3))
        assert evaluator.evaluate({}) == []
        world.sees("clear", after=minutes(3))
        assert evaluator.evaluate({}) == []
    world.sees("breach", after=minutes(1))
    assert evaluator.evaluate({}) == []
    world.sees("breach", after=minutes(10))
    assert told(evaluator.evaluate({})) == [("state", "firing")]


def test_keep_2292_an_update_never_wipes_an_acknowledgement_or_a_note(world: World) -> None:
    evaluator = world.sees("breach").evaluator()
    evaluator.evaluate({})
    evaluator.obey(command("acknowledge", 1, note="mine"))
    evaluator.obey(command("note", 2, note="called the unit"))
    for truth in ("breach", "neither", "lost", "clear"):
        world.policies = policies(Policy(clear_hold=minutes(60), receivers=("desk",)), version=truth)
        evaluator = world.sees(truth, after=minutes(1)).evaluator()
        evaluator.evaluate({})
    state = evaluator.standing.states[cell().alert_id][1]
    assert state.acknowledgement
    assert (state.name, state.acknowledgement.by) == ("lost", "officer")
    assert [one.change.note for one in world.tables.changes if one.change.note] == ["mine", "called the unit"]


def test_grafana_74212_the_message_of_the_end_has_the_figures_of_the_end(world: World) -> None:
    evaluator = world.sees(found("breach", facts={"numerator": 70})).evaluator()
    evaluator.evaluate({})
    (ended,) = world.sees(found("clear", facts={"numerator": 95})).evaluator().evaluate({}) or []
    assert (ended.state, ended.evidence["numerator"]) == ("resolved", 95)


def test_grafana_a_policy_edit_does_not_reset_an_alert(world: World) -> None:
    world.policies = policies(Policy(hold=minutes(30), receivers=("desk",)))
    world.sees("breach").evaluator().evaluate({})
    world.policies = policies(Policy(hold=minutes(20), receivers=("desk",)), version="edited")
    assert told(world.sees("breach", after=minutes(20)).evaluator().evaluate({})) == [("state", "firing")]
    world.policies = policies(Policy(hold=minutes(90), receivers=("desk",)), version="again")
    assert world.sees("breach", after=minutes(5)).evaluator().evaluate({}) == []
    state = world.evaluator().standing.states[cell().alert_id][1]
    assert (state.name, state.fired_at) == ("firing", NOW + minutes(20))


def test_prometheus_17008_what_fell_and_what_ended_while_no_evaluator_ran_is_in_its_first_look(world: World) -> None:
    world.sees("breach").evaluator().evaluate({})
    world.sees("clear", found("breach", cell("pace")), after=timedelta(days=2))
    assert {(one.rule, one.state) for one in world.evaluator().evaluate({}) or []} == {
        ("below_target", "resolved"), ("pace", "firing")
    }  # fmt: skip


def test_prometheus_17008_a_hold_runs_on_while_no_evaluator_runs(world: World) -> None:
    world.policies = policies(Policy(hold=minutes(30), receivers=("desk",)))
    world.sees("breach").evaluator().evaluate({})
    assert world.sees("breach", after=minutes(29)).evaluator().evaluate({}) == []
    assert told(world.sees("breach", after=minutes(1)).evaluator().evaluate({})) == [("state", "firing")]
