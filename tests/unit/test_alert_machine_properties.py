"""What holds for every life of an alert, whatever is seen, kept quiet and asked for: searched by Hypothesis."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.alerts.finding import Truth
from services.alerts.machine import ALWAYS_TOLD, Circumstances, act, decide, is_at_rest
from services.alerts.policy import Flapping, Policy
from services.alerts.settling import settle
from services.alerts.state import OPEN, AlertState, Change
from tests.support.alerts import NOW, cell, command, found, minutes


@dataclass(frozen=True)
class Moment:
    """So many minutes after the one before: what is seen, what keeps it quiet, what a person does then."""

    later: int
    truth: Truth
    held_then: bool = True
    quiet: str = ""
    action: str = ""
    until: int | None = None


truths: st.SearchStrategy[Truth] = st.sampled_from(["breach", "breach", "lost", "clear", "clear", "neither"])
moments = st.builds(
    Moment,
    later=st.integers(0, 90),
    truth=truths,
    held_then=st.booleans(),
    quiet=st.sampled_from(["", "", "silence:1", "link_down:x"]),
    action=st.sampled_from(["", "", "", "acknowledge", "note", "escalate"]),
    until=st.none() | st.integers(1, 300),
)
lives = st.lists(moments, max_size=40)
spans = st.sampled_from([timedelta(0), minutes(5), minutes(30), minutes(120)])
policies = st.builds(
    Policy,
    hold=spans,
    clear_hold=spans,
    flapping=st.builds(Flapping, turns=st.integers(2, 4), within=st.sampled_from([minutes(30), minutes(360)])),
    escalation=st.sampled_from(
        [
            (),
            ({"after": minutes(20), "receivers": ("lead",)},),
            ({"after": minutes(0), "receivers": ("lead",)}, {"after": minutes(60), "receivers": ("chief",)}),
        ]
    ),
)


@dataclass
class Life:
    """An alert that is looked at and acted upon; `changes` are all that were recorded."""

    policy: Policy
    state: AlertState = field(default_factory=AlertState)
    now: Any = NOW
    changes: list[Change] = field(default_factory=list)
    asked: int = 0

    def live(self, moments: Sequence[Moment]) -> "Life":
        for one in moments:
            self.look(one)
        return self

    def look(self, one: Moment) -> list[Change]:
        """What the look and then the person changed."""
        self.now += minutes(one.later)
        around = Circumstances(self.policy, self.now, quiet_because=one.quiet)

        def held_then(*_: object) -> bool:
            self.asked += 1
            return one.held_then

        self.state, changes = settle(self.state, found(one.truth), around, held_then)
        if one.action:
            until = None if one.until is None else self.now + minutes(one.until)
            acted = act(self.state, cell(), command(one.action, at=self.now, until=until, note="n"), around)  # type: ignore[arg-type]
            self.state = acted.state
            changes += [acted.change] if acted.change else []
        self.changes += changes
        return changes

    def steady(self, truth: Truth) -> "Life":
        """The same is seen, undisturbed, for longer than anything waits."""
        return self.live([Moment(180, truth) for _ in range(6)])

    @property
    def told(self) -> list[Change]:
        return [change for change in self.changes if change.tell]


@given(policies, lives)
def test_numbers_strictly_ascend_without_a_gap_and_no_id_repeats(policy: Policy, life: list[Moment]) -> None:
    changes = Life(policy).live(life).changes
    assert [change.state.number for change in changes] == list(range(1, len(changes) + 1))
    assert len({change.id for change in changes}) == len(changes)


@given(policies, lives)
def test_never_two_notifications_for_one_change_of_belief(policy: Policy, life: list[Moment]) -> None:
    told = Life(policy).live(life).told
    beliefs = ["ok", *(change.state.name for change in told)]
    for before, after, change in zip(beliefs, beliefs[1:], told, strict=False):
        assert before != after or change.kind in ALWAYS_TOLD


@given(policies, lives, truths)
def test_when_quiet_is_over_receivers_believe_what_is(policy: Policy, life: list[Moment], truth: Truth) -> None:
    lived = Life(policy).live(life).steady(truth)
    assert not lived.state.flapping
    assert not lived.state.untold
    if lived.state.name != "pending":
        assert (lived.state.told in OPEN) == (lived.state.name in OPEN)
        assert lived.state.name not in OPEN or lived.state.told == lived.state.name


@given(policies, lives)
def test_a_silence_hides_and_changes_no_state(policy: Policy, life: list[Moment]) -> None:
    def names(quiet: str) -> list[tuple[str, Any]]:
        calm = policy.model_copy(update={"escalation": (), "flapping": Flapping(turns=999)})
        changes = Life(calm).live([replace(one, quiet=quiet, action="") for one in life]).changes
        return [(change.state.name, change.at) for change in changes if change.kind == "state"]

    assert names("silence:1") == names("")


@given(policies, lives)
def test_while_silenced_nothing_is_told_but_what_a_person_passes_on(policy: Policy, life: list[Moment]) -> None:
    silenced = Life(policy).live([replace(one, quiet="silence:1") for one in life])
    assert {(change.kind, change.by) for change in silenced.told} <= {("escalated", "officer")}


@given(policies, lives, st.lists(truths, max_size=10))
def test_an_acknowledgement_is_never_wiped_by_an_update_while_it_is_open(
    policy: Policy, life: list[Moment], updates: list[Truth]
) -> None:
    lived = Life(policy).live(life).live([Moment(1, "breach", action="acknowledge")])
    assume(lived.state.name in OPEN)
    taken = lived.state.acknowledgement
    assert taken
    for truth in updates:
        lived.look(Moment(10, truth, action="note"))
        if lived.state.name not in OPEN:
            break
        assert lived.state.acknowledgement == taken


@given(policies, lives, policies, truths)
def test_a_policy_edit_keeps_the_state(policy: Policy, life: list[Moment], other: Policy, truth: Truth) -> None:
    before = Life(policy).live(life).state
    decision = decide(before, found(truth), Circumstances(other, NOW + timedelta(days=30), held_then=True))
    after = decision.state
    assert (after.number - before.number) == bool(decision.change)
    if truth == "neither" and not decision.change:
        assert replace(after, clear_since=None) == replace(before, clear_since=None)
    if before.name in OPEN and after.name in OPEN:
        assert (after.fired_at, after.judged_by) == (before.fired_at, before.judged_by)
    off = decide(before, found(truth), Circumstances(other.model_copy(update={"enabled": False}), NOW))
    assert (off.state, off.change) == (before, None)


@given(policies, policies, lives, lives)
def test_what_is_at_rest_is_moved_by_nothing(
    policy: Policy, other: Policy, life: list[Moment], later: list[Moment]
) -> None:
    lived = Life(policy).live(life)
    for one in later:
        seen, now = found(one.truth), lived.now + minutes(one.later)
        if is_at_rest(lived.state, seen):
            moved = decide(lived.state, seen, Circumstances(other, now, one.held_then, one.quiet))
            assert (moved.state, moved.change, moved.ask) == (lived.state, None, False)


@given(policies, lives)
def test_what_is_unknown_never_opens_and_never_ends_an_alert(policy: Policy, life: list[Moment]) -> None:
    lived = Life(policy)
    for one in life:
        before = lived.state.name
        lived.look(one)
        if one.truth == "neither":
            assert lived.state.name == before


@given(policies, lives)
def test_withdrawn_if_and_only_if_it_was_not_true_when_it_fired(policy: Policy, life: list[Moment]) -> None:
    lived = Life(policy)
    for one in life:
        asked = lived.asked
        for change in lived.look(one):
            if change.kind in {"state", "flapping"} and change.from_state in OPEN and change.state.name not in OPEN:
                assert lived.asked == asked + 1
                assert change.state.name == ("resolved" if one.held_then else "withdrawn")


@given(policies, lives, st.lists(st.sampled_from(["lost", "breach", "neither"]), min_size=30, max_size=30))
def test_lost_is_told_once_and_on_no_further_day(policy: Policy, life: list[Moment], days: list[Truth]) -> None:
    calm = policy.model_copy(update={"escalation": ()})
    lived = Life(calm).live([replace(one, action="") for one in life]).steady("lost")
    assert (lived.state.name, lived.state.told) == ("lost", "lost")
    told = len(lived.told)
    lived.live([Moment(24 * 60, day) for day in days])
    assert len(lived.told) == told


@settings(max_examples=200)
@given(spans, spans, st.integers(2, 4), lives)
def test_hold_and_flapping_do_not_cancel_each_other(
    hold: timedelta, clear_hold: timedelta, turns: int, life: list[Moment]
) -> None:
    """Whatever came before: what lasts is told in the end, once, and what ended is told, too (kibana#239852)."""
    policy = Policy(hold=hold, clear_hold=clear_hold, flapping=Flapping(turns=turns, within=minutes(360)))
    lived = Life(policy).live(life).steady("breach")
    assert lived.state.told in OPEN
    told = len(lived.told)
    assert lived.steady("breach").told[told:] == []
    lived.steady("clear")
    assert (lived.state.name in OPEN, lived.state.told in OPEN) == (False, False)
    assert len(lived.told) == told + 1
