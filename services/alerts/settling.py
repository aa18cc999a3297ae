"""Decides on everything that one look found, until nothing moves any more (pure: the question back is passed in)."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from services.alerts.finding import PERIOD_CLOSED, Finding, Scope
from services.alerts.machine import Circumstances, decide, is_at_rest
from services.alerts.periods import is_looked_at
from services.alerts.policy import Policies, Policy
from services.alerts.silences import Silence, quiet_because
from services.alerts.state import OPEN, AlertState, Change

ROUNDS = 3
"""Changes of one alert in one look at most: it opens, is released, escalates. What is left is for the next look."""

NEW = AlertState()
"""Where a thing stands that was never found before."""

States = Mapping[str, tuple[Scope, AlertState]]


class Question(NamedTuple):
    """Whether, by what is known now, a thing was in breach at the moment when its alert fired.

    `policy` has the numbers that were in force then, and `target` was the target then; None: it concerns none.
    """

    scope: Scope
    instant: datetime
    policy: Policy
    target: int | None = None


HeldThen = Callable[[Question], bool | None]
"""None: it cannot be said now, so that the alert stays open and is asked about again."""

HeldThenAll = Callable[[Sequence[Question]], Mapping[str, bool]]
"""The same for all alerts that would end in one look: by alert, those without an answer left out."""


def settle(
    state: AlertState, seen: Finding, around: Circumstances, held_then: HeldThen
) -> tuple[AlertState, list[Change]]:
    """The state after all changes of one alert in one look, and these."""
    changes: list[Change] = []
    for _ in range(ROUNDS):
        decision = decide(state, seen, around)
        if decision.ask:
            around = replace(around, held_then=held_then(question(seen.scope, state, around)))
            decision = decide(state, seen, around)
        state = decision.state
        if decision.change is None:
            break
        changes.append(decision.change)
    return state, changes


def question(scope: Scope, state: AlertState, around: Circumstances) -> Question:
    """What is asked before an alert ends."""
    policy = around.policy.as_it_was(state.judged_by)
    return Question(scope, state.fired_at or around.now, policy, state.judged_by.get("target"))


@dataclass
class Round:
    """One pass over what was found. `states` are those that moved or wait, `changes` what is to be recorded, in order.

    Of what is `under_way` the last change is not recorded yet: `before` has it as it will be, and nothing is decided.
    `waits`: something will be, so that another look must follow.
    """

    before: States
    policies: Policies
    silences: Iterable[Silence]
    now: datetime
    under_way: Container[str] = ()
    states: dict[str, tuple[Scope, AlertState]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    open: dict[str, Scope] = field(default_factory=dict)
    waits: bool = False

    def decide_these(self, findings: Iterable[Finding], held_then: HeldThen) -> None:
        """On what may keep others quiet first, so that a unit's network tells for its systems in the same look.

        `open` holds every open alert that keeps others quiet, also of things that are not among the findings.
        """
        for seen in sorted(findings, key=lambda one: not self.policies.may_inhibit(one.scope)):
            self._decide(seen, held_then)

    def _decide(self, seen: Finding, held_then: HeldThen) -> None:
        key = seen.scope.alert_id
        _, state = self.before.get(key, (seen.scope, NEW))
        around = Circumstances(self.policies.policy_for(seen.scope), self.now, quiet_because=self.quiet(seen.scope))
        if key in self.under_way:
            decision = decide(state, seen, around)
            self.waits |= decision.ask or decision.change is not None
            return
        after, changes = settle(state, seen, around, held_then)
        self.changes += changes
        if after != state:
            self.states[key] = (seen.scope, after)
        if after.name in OPEN and self.policies.may_inhibit(seen.scope):
            self.open[key] = seen.scope
        else:
            self.open.pop(key, None)

    def quiet(self, scope: Scope) -> str:
        """The silence, or else the open alert, that keeps this one from being told; "" when none does."""
        return quiet_because(self.silences, scope, self.now) or self.policies.inhibitor_of(scope, self.open.values())


@dataclass(frozen=True)
class Hearing:
    """What one look has found, each alert once, and all that it is decided by; `under_way` as in `Round`."""

    findings: Sequence[Finding]
    before: States
    policies: Policies
    silences: Iterable[Silence]
    now: datetime
    under_way: Container[str] = ()

    @cached_property
    def moving(self) -> Sequence[Finding]:
        """Of what may move at all; the rest, which is nearly everything, is looked through once."""
        return [
            seen
            for seen in self.findings
            if not is_at_rest(self.before.get(seen.scope.alert_id, (seen.scope, NEW))[1], seen)
        ]

    def questions(self) -> Iterator[Question]:
        """Of all alerts that would end now. What keeps an alert quiet has no part in whether it ends."""
        for seen in self.moving:
            key = seen.scope.alert_id
            _, state = self.before.get(key, (seen.scope, NEW))
            if state.name not in OPEN or key in self.under_way:
                continue
            around = Circumstances(self.policies.policy_for(seen.scope), self.now)
            if decide(state, seen, around).ask:
                yield question(seen.scope, state, around)

    def decided(self, held: Mapping[str, bool], only: Container[str] | None = None) -> Round:
        """A pass over everything, or over the alerts of `only`, with the answers to the questions, by alert."""
        inhibiting = {
            key: scope
            for key, (scope, state) in self.before.items()
            if state.name in OPEN and self.policies.may_inhibit(scope)
        }
        whole = Round(self.before, self.policies, self.silences, self.now, self.under_way, open=inhibiting)
        some = (one for one in self.moving if only is None or one.scope.alert_id in only)
        whole.decide_these(some, lambda one: held.get(one.scope.alert_id))
        return whole


def with_vanished(findings: Iterable[Finding], states: States, now: datetime) -> Iterator[Finding]:
    """Each alert once: as it was found first, or as not seen. What has vanished is not over, but its time goes on.

    Only a figure of a year that is not looked at any more is over: nothing can move it now.
    """
    told: set[str] = set()
    for seen in findings:
        if seen.scope.alert_id not in told:
            told.add(seen.scope.alert_id)
            yield seen
    for key, (scope, state) in states.items():
        if key not in told and (state.name in OPEN or state.untold or state.flapping):
            closed = scope.figure and not is_looked_at(scope.period, now)
            yield Finding(scope, "clear", PERIOD_CLOSED) if closed else Finding(scope, "neither", "not_seen")
