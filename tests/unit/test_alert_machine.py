"""The alert machine as a table: every state under every cause, one row each."""

from typing import Any, NamedTuple

import pytest

from services.alerts.finding import Finding, Truth
from services.alerts.machine import Circumstances, act, decide
from services.alerts.policy import Flapping, Policy
from services.alerts.state import AlertState
from tests.support.alerts import NOW, cell, command, found, minutes, standing, taken

STEP = {"after": minutes(30), "receivers": ("lead",)}
LATER_STEP = {"after": minutes(120), "receivers": ("chief",)}
PLAIN = Policy()
HOLD = Policy(hold=minutes(10))
CLEAR_HOLD = Policy(clear_hold=minutes(10))
STEPS = Policy.model_validate({"escalation": (STEP, LATER_STEP)})
NERVOUS = Policy(flapping=Flapping(turns=2, within=minutes(60)))
OFF = Policy(enabled=False)

OK = AlertState()
PENDING_NEW, PENDING_OLD = standing("pending", since=5), standing("pending", since=10)
FIRING, LOST = standing("firing"), standing("lost")
RESOLVED, WITHDRAWN = standing("resolved"), standing("withdrawn")
CLEARING_NEW = standing("firing", clear_since=NOW - minutes(5))
CLEARING_OLD = standing("firing", clear_since=NOW - minutes(10))
TURNED_TWICE = (NOW - minutes(40), NOW - minutes(20))
TURNED_LONG_AGO = (NOW - minutes(90), NOW - minutes(60))
FLAPPING = standing("firing", turns=TURNED_TWICE, flapping=True)
FLAPPING_ENDED = standing("resolved", turns=TURNED_TWICE, flapping=True)
UNTOLD = standing("firing", told="ok")
UNTOLD_END = standing("resolved", told="firing")
TAKEN, TAKEN_UNTIL_LATER, TAKEN_UNTIL_NOW = (
    standing("firing", acknowledgement=one) for one in (taken(), taken(until=1), taken(until=0))
)


class Row(NamedTuple):
    """One decision: what it is, what is seen, under which policy; then the state, the change and whether it is told."""

    before: AlertState
    truth: Truth
    policy: Policy
    after: str
    change: str = ""
    told: bool = False
    held: bool | None = None
    quiet: str = ""


NO, TOLD = False, True
TABLE = [
    # nothing is known: nothing opens, nothing ends
    Row(OK, "neither", PLAIN, "ok"),
    Row(PENDING_OLD, "neither", HOLD, "pending"),
    Row(FIRING, "neither", PLAIN, "firing"),
    Row(LOST, "neither", PLAIN, "lost"),
    Row(RESOLVED, "neither", PLAIN, "resolved"),
    Row(WITHDRAWN, "neither", PLAIN, "withdrawn"),
    # all is well
    Row(OK, "clear", PLAIN, "ok"),
    Row(PENDING_NEW, "clear", HOLD, "ok", "state", NO),
    Row(PENDING_OLD, "clear", HOLD, "ok", "state", NO),
    Row(RESOLVED, "clear", PLAIN, "resolved"),
    Row(WITHDRAWN, "clear", PLAIN, "withdrawn"),
    # a breach without hold
    Row(OK, "breach", PLAIN, "firing", "state", TOLD),
    Row(RESOLVED, "breach", PLAIN, "firing", "state", TOLD),
    Row(WITHDRAWN, "breach", PLAIN, "firing", "state", TOLD),
    Row(FIRING, "breach", PLAIN, "firing"),
    Row(LOST, "breach", PLAIN, "lost"),
    # a breach that must last
    Row(OK, "breach", HOLD, "pending", "state", NO),
    Row(RESOLVED, "breach", HOLD, "pending", "state", NO),
    Row(WITHDRAWN, "breach", HOLD, "pending", "state", NO),
    Row(PENDING_NEW, "breach", HOLD, "pending"),
    Row(PENDING_OLD, "breach", HOLD, "firing", "state", TOLD),
    # what cannot be reached any more
    Row(OK, "lost", PLAIN, "lost", "state", TOLD),
    Row(OK, "lost", HOLD, "pending", "state", NO),
    Row(PENDING_NEW, "lost", HOLD, "pending"),
    Row(PENDING_OLD, "lost", HOLD, "lost", "state", TOLD),
    Row(FIRING, "lost", PLAIN, "lost", "state", TOLD),
    Row(LOST, "lost", PLAIN, "lost"),
    Row(RESOLVED, "lost", PLAIN, "lost", "state", TOLD),
    Row(WITHDRAWN, "lost", PLAIN, "lost", "state", TOLD),
    # an end: first it is asked whether it was true when it fired
    Row(FIRING, "clear", PLAIN, "firing"),
    Row(FIRING, "clear", PLAIN, "resolved", "state", TOLD, held=True),
    Row(FIRING, "clear", PLAIN, "withdrawn", "state", TOLD, held=False),
    Row(LOST, "clear", PLAIN, "lost"),
    Row(LOST, "clear", PLAIN, "resolved", "state", TOLD, held=True),
    Row(LOST, "clear", PLAIN, "withdrawn", "state", TOLD, held=False),
    # an end that must last
    Row(FIRING, "clear", CLEAR_HOLD, "firing", held=False),
    Row(CLEARING_NEW, "clear", CLEAR_HOLD, "firing", held=True),
    Row(CLEARING_OLD, "clear", CLEAR_HOLD, "firing"),
    Row(CLEARING_OLD, "clear", CLEAR_HOLD, "resolved", "state", TOLD, held=True),
    Row(CLEARING_OLD, "clear", CLEAR_HOLD, "withdrawn", "state", TOLD, held=False),
    # an answer that nobody asked for moves nothing
    Row(FIRING, "breach", PLAIN, "firing", held=False),
    Row(FIRING, "neither", PLAIN, "firing", held=False),
    Row(OK, "clear", PLAIN, "ok", held=False),
    # kept quiet: recorded, not told
    Row(OK, "breach", PLAIN, "firing", "state", NO, quiet="silence:1"),
    Row(PENDING_OLD, "breach", HOLD, "firing", "state", NO, quiet="silence:1"),
    Row(FIRING, "lost", PLAIN, "lost", "state", NO, quiet="link_down:l1"),
    Row(FIRING, "clear", PLAIN, "resolved", "state", NO, held=True, quiet="silence:1"),
    Row(FIRING, "clear", PLAIN, "withdrawn", "state", NO, held=False, quiet="silence:1"),
    Row(UNTOLD, "breach", PLAIN, "firing", quiet="silence:1"),
    Row(UNTOLD, "clear", PLAIN, "resolved", "state", NO, held=True, quiet="silence:1"),
    # quiet is over: what is, is told
    Row(UNTOLD, "breach", PLAIN, "firing", "released", TOLD),
    Row(UNTOLD, "neither", PLAIN, "firing", "released", TOLD),
    Row(UNTOLD_END, "clear", PLAIN, "resolved", "released", TOLD),
    Row(standing("withdrawn", told="firing"), "clear", PLAIN, "withdrawn", "released", TOLD),
    Row(standing("lost", told="firing"), "lost", PLAIN, "lost", "released", TOLD),
    # what was never told, or is as it was told, is told to nobody afterwards
    Row(UNTOLD, "clear", PLAIN, "resolved", "state", NO, held=True),
    Row(UNTOLD_END, "breach", PLAIN, "firing", "state", NO),
    Row(standing("pending", since=5, told="firing"), "breach", HOLD, "pending"),
    Row(standing("pending", told="firing"), "clear", HOLD, "ok", "state", TOLD),
    # flapping: the turn too many is told, the next are not, and steady is told if it is news
    Row(standing("resolved", turns=TURNED_TWICE), "breach", NERVOUS, "firing", "flapping", TOLD),
    Row(standing("firing", turns=TURNED_TWICE), "clear", NERVOUS, "resolved", "flapping", TOLD, held=True),
    Row(standing("resolved", turns=TURNED_TWICE), "breach", NERVOUS, "firing", "state", NO, quiet="silence:1"),
    Row(standing("resolved", turns=TURNED_LONG_AGO), "breach", NERVOUS, "firing", "state", TOLD),
    Row(FLAPPING, "clear", NERVOUS, "resolved", "state", NO, held=True),
    Row(FLAPPING_ENDED, "breach", NERVOUS, "firing", "state", NO),
    Row(FLAPPING, "breach", NERVOUS, "firing"),
    Row(standing("firing", turns=TURNED_LONG_AGO, flapping=True), "breach", NERVOUS, "firing", "steady", NO),
    Row(
        standing("firing", told="resolved", turns=TURNED_LONG_AGO, flapping=True),
        *("breach", NERVOUS, "firing", "steady", TOLD),
    ),
    Row(
        standing("resolved", told="firing", turns=TURNED_LONG_AGO, flapping=True),
        *("clear", NERVOUS, "resolved", "steady", TOLD),
    ),
    Row(standing("resolved", turns=TURNED_LONG_AGO, flapping=True), "breach", NERVOUS, "firing", "state", TOLD),
    # taken on: until it is released, or until the moment that was named
    Row(TAKEN, "breach", PLAIN, "firing"),
    Row(TAKEN, "lost", PLAIN, "lost", "state", TOLD),
    Row(TAKEN_UNTIL_LATER, "breach", PLAIN, "firing"),
    Row(TAKEN_UNTIL_NOW, "breach", PLAIN, "firing", "acknowledgement_ended", NO),
    Row(TAKEN_UNTIL_NOW, "neither", PLAIN, "firing", "acknowledgement_ended", NO),
    Row(TAKEN_UNTIL_NOW, "clear", PLAIN, "resolved", "state", TOLD, held=True),
    # nobody takes it on
    Row(standing("firing", since=29), "breach", STEPS, "firing"),
    Row(standing("firing", since=30), "breach", STEPS, "firing", "escalated", TOLD),
    Row(standing("lost", since=30), "lost", STEPS, "lost", "escalated", TOLD),
    Row(standing("firing", since=119, escalation=1), "breach", STEPS, "firing"),
    Row(standing("firing", since=120, escalation=1), "neither", STEPS, "firing", "escalated", TOLD),
    Row(standing("firing", since=999, escalation=2), "breach", STEPS, "firing"),
    Row(standing("firing", since=30, acknowledgement=taken()), "breach", STEPS, "firing"),
    Row(standing("firing", since=30), "breach", STEPS, "firing", quiet="silence:1"),
    Row(standing("firing", since=30, turns=TURNED_TWICE, flapping=True), "breach", STEPS, "firing", "escalated", TOLD),
    Row(standing("firing", since=30), "clear", STEPS.model_copy(update={"clear_hold": minutes(5)}), "firing"),
    Row(standing("resolved", since=30), "clear", STEPS, "resolved"),
    # a rule that is switched off
    Row(OK, "breach", OFF, "ok"),
    Row(PENDING_OLD, "clear", OFF, "pending"),
    Row(FIRING, "clear", OFF, "firing", held=True),
    Row(FIRING, "lost", OFF, "firing"),
    Row(UNTOLD, "breach", OFF, "firing"),
    # another policy: the state stays, and the next look is held against the new one
    Row(PENDING_NEW, "breach", PLAIN, "firing", "state", TOLD),
    Row(PENDING_OLD, "breach", Policy(hold=minutes(30)), "pending"),
    Row(FIRING, "breach", HOLD, "firing"),
    Row(CLEARING_OLD, "clear", Policy(clear_hold=minutes(30)), "firing", held=True),
]


def test_the_table_has_every_state_under_every_truth() -> None:
    pairs = {(row.before.name, row.truth) for row in TABLE}
    assert len(pairs) == 6 * 4
    assert len(TABLE) >= 60


@pytest.mark.parametrize("row", TABLE, ids=[f"{n}-{row.before.name}-{row.truth}" for n, row in enumerate(TABLE, 1)])
def test_an_alert_moves_as_the_table_says(row: Row) -> None:
    decision = decide(row.before, found(row.truth), Circumstances(row.policy, NOW, row.held, row.quiet))
    change = decision.change
    assert (decision.state.name, change.kind if change else "", bool(change and change.tell)) == row[3:6]
    assert decision.state.number == row.before.number + bool(change)


OPEN_ROWS = [(one, name) for one in (FIRING, LOST) for name in ("acknowledge", "note", "escalate")]
CLOSED_ROWS = [(one, name) for one in (OK, PENDING_NEW, RESOLVED, WITHDRAWN) for name in ("acknowledge", "escalate")]


@pytest.mark.parametrize(("state", "action"), OPEN_ROWS)
def test_a_person_may_act_on_what_is_open(state: AlertState, action: Any) -> None:
    decision = act(state, cell(), command(action, note="on it"), Circumstances(STEPS, NOW))
    assert decision.change
    assert (decision.change.state.name, decision.change.by, decision.change.note) == (state.name, "officer", "on it")
    assert decision.change.command_id == command(action).id


@pytest.mark.parametrize(("state", "action"), CLOSED_ROWS)
def test_what_is_not_open_cannot_be_taken_on_or_passed_on(state: AlertState, action: Any) -> None:
    decision = act(state, cell(), command(action), Circumstances(STEPS, NOW))
    assert (decision.state, decision.change, decision.reason) == (state, None, "not_open")


@pytest.mark.parametrize("state", [OK, PENDING_NEW, FIRING, LOST, RESOLVED, WITHDRAWN])
def test_a_note_is_always_taken_and_told_to_nobody(state: AlertState) -> None:
    decision = act(state, cell(), command("note", note="called them"), Circumstances(OFF, NOW))
    assert decision.change
    assert (decision.change.kind, decision.change.note, decision.change.tell) == ("noted", "called them", False)


def test_an_acknowledgement_until_a_moment_that_has_passed_is_refused() -> None:
    decision = act(FIRING, cell(), command("acknowledge", until=NOW), Circumstances(PLAIN, NOW))
    assert (decision.change, decision.reason) == (None, "until_has_passed")


@pytest.mark.parametrize(("action", "before", "change"), [("acknowledge", 59, "acknowledged"), ("acknowledge", 62, ""),
                                                      ("escalate", 62, ""), ("note", 62, "noted")])  # fmt: skip
def test_what_was_asked_of_an_earlier_opening_does_not_take_this_one_on(action: Any, before: int, change: str) -> None:
    """It fired an hour ago; two minutes earlier somebody had taken on the opening before, which was read late."""
    decision = act(FIRING, cell(), command(action, at=NOW - minutes(before), note="x"), Circumstances(STEPS, NOW))
    assert (decision.change.kind if decision.change else "") == change


def test_it_is_passed_on_by_hand_even_when_taken_on_or_silenced_and_only_while_there_are_steps() -> None:
    around = Circumstances(STEPS, NOW, quiet_because="silence:1")
    first = act(TAKEN, cell(), command("escalate"), around)
    second = act(first.state, cell(), command("escalate"), around)
    assert [one.change.tell for one in (first, second) if one.change] == [True, True]
    assert act(second.state, cell(), command("escalate"), around).reason == "no_step_left"


def test_commands_about_silences_concern_no_alert() -> None:
    assert act(FIRING, cell(), command("silence"), Circumstances(PLAIN, NOW)).reason == "concerns_no_alert"


def test_the_gravity_that_an_event_states_stays_when_a_person_acts() -> None:
    grave = Finding(cell("security_event"), "breach", "severity_critical", {"level": 4}, "critical")
    fired = decide(OK, grave, Circumstances(PLAIN, NOW))
    acted = act(fired.state, grave.scope, command("acknowledge"), Circumstances(PLAIN, NOW))
    assert acted.change
    assert acted.change.severity == "critical"


def test_quiet_is_named_on_every_change_that_it_hid() -> None:
    hidden = decide(OK, found("breach"), Circumstances(PLAIN, NOW, quiet_because="link_down:l1"))
    assert hidden.change
    assert hidden.change.quiet_because == "link_down:l1"
