"""Decides on everything that one look found, until nothing moves any more (pure: the question back is passed in)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.alerts.finding import Finding, Scope
from services.alerts.machine import Circumstances, decide
from services.alerts.policy import Policies, Policy
from services.alerts.silences import Silence, quiet_because
from services.alerts.state import OPEN, AlertState, Change

ROUNDS = 3
"""Changes of one alert in one look at most: it opens, is released, escalates. What is left is for the next look."""

HeldThen = Callable[[Scope, datetime, Policy], bool]
"""Whether, by what is known now, the thing was in breach of the policy at the moment when it fired."""

States = Mapping[str, tuple[Scope, AlertState]]


def settle(
    state: AlertState, seen: Finding, around: Circumstances, held_then: HeldThen
) -> tuple[AlertState, list[Change]]:
    """The state after all changes of one alert in one look, and these."""
    changes: list[Change] = []
    for _ in range(ROUNDS):
        decision = decide(state, seen, around)
        if decision.ask:
            policy = around.policy.as_it_was(state.judged_by)
            around = replace(around, held_then=held_then(seen.scope, state.fired_at or around.now, policy))
            decision = decide(state, seen, around)
        state = decision.state
        if decision.change is None:
            break
        changes.append(decision.change)
    return state, changes


@dataclass
class Round:
    """One look at all alerts. `states` are those that moved or wait, `changes` what is to be recorded, in order."""

    before: States
    policies: Policies
    silences: Iterable[Silence]
    now: datetime
    states: dict[str, tuple[Scope, AlertState]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    open: dict[str, Scope] = field(default_factory=dict)

    def decide_all(self, findings: Iterable[Finding], held_then: HeldThen) -> None:
        """On everything that was found, and on what has vanished."""
        self.open = {
            key: scope
            for key, (scope, state) in self.before.items()
            if state.name in OPEN and self.policies.may_inhibit(scope)
        }
        self.decide_these(with_vanished(findings, self.before), held_then)

    def decide_these(self, findings: Iterable[Finding], held_then: HeldThen) -> None:
        """On what may keep others quiet first, so that a unit's network tells for its systems in the same look.

        `open` holds every open alert that keeps others quiet, also of things that are not among the findings.
        """
        for seen in sorted(findings, key=lambda one: not self.policies.may_inhibit(one.scope)):
            self._decide(seen, held_then)

    def _decide(self, seen: Finding, held_then: HeldThen) -> None:
        key = seen.scope.alert_id
        _, state = self.before.get(key, (seen.scope, AlertState()))
        around = Circumstances(self.policies.policy_for(seen.scope), self.now, quiet_because=self.quiet(seen.scope))
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


def with_vanished(findings: Iterable[Finding], states: States) -> Iterator[Finding]:
    """Each alert once: as it was found first, or as not seen. What has vanished is not over, but its time goes on."""
    told: set[str] = set()
    for seen in findings:
        if seen.scope.alert_id not in told:
            told.add(seen.scope.alert_id)
            yield seen
    for key, (scope, state) in states.items():
        if key not in told and (state.name in OPEN or state.untold or state.flapping):
            yield Finding(scope, "neither", "not_seen")
