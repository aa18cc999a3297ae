"""One set of policies over the past: moved things → findings → the alerts' own machine → who would be told (pure).

Between two facts an alert moves by time alone: a hold ends, a step is due, flapping calms down. Each alert is asked
again at the next such moment, not every minute. Whether an alert would be `withdrawn` needs what is known today, so
that every end is `resolved` here; both are told, so that no count depends on it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush

from services.alerts.finding import Finding, Scope
from services.alerts.machine import Circumstances, act
from services.alerts.past.judging import QUIET, Judging
from services.alerts.policy import Policies, Policy
from services.alerts.settling import Round
from services.alerts.silences import Silence, begun, ended
from services.alerts.snapshot import Snapshot
from services.alerts.state import OPEN, AlertState, Change
from shared.contracts.commands import Command

ReceiversOf = Callable[[Change, Policy], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Told:
    """One change that somebody would have been told of; `severity` and `calendar` decide when."""

    change: Change
    policy: Policy
    receivers: tuple[str, ...]


@dataclass
class Player:
    """`states` is where every alert stands, `changes` all that would have been recorded, `told` what was told of it.

    `silences`: the newest first, also those that are over.
    """

    policies: Policies
    receivers_of: ReceiversOf
    states: dict[str, tuple[Scope, AlertState]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    silences: list[Silence] = field(default_factory=list)
    _latest: dict[str, Finding] = field(default_factory=dict)
    _due: list[tuple[datetime, str]] = field(default_factory=list)
    _open: dict[str, Scope] = field(default_factory=dict)
    _kept: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._judging = Judging(self.policies)

    def see(self, snapshots: Iterable[Snapshot], now: datetime) -> None:
        """Decide on what may have moved, and on what is due by now."""
        self.judge(self._judging.found(snapshots, self.states), now)

    def judge(self, found: dict[str, Finding], now: datetime) -> None:
        """Findings by alert id; of two rounds the second asks those anew that an alert's opening or end may free."""
        while self._due and self._due[0][0] <= now:
            key = heappop(self._due)[1]
            if key in self._latest:
                found.setdefault(key, self._latest[key])
        before = set(self._open)
        self._decide(found, now)
        if self._kept and before != set(self._open):
            self._decide({key: self._latest[key] for key in self._kept}, now)

    def obey(self, command: Command, now: datetime) -> str:
        """Act on what a person asks, as the evaluator does. What became of it, as one token."""
        if command.action == "silence":
            return self._hush(begun(command, now), "silenced", now)
        if command.action == "end_silence":
            return self._hush(ended(self.silences, command, now), "silence_ended", now)
        if command.alert_id not in self.states:
            return "unknown_alert"
        scope, state = self.states[command.alert_id]
        decision = act(state, scope, command, Circumstances(self.policies.policy_for(scope), now))
        if decision.change is None:
            return decision.reason
        self.states[command.alert_id] = scope, decision.state
        self._tell([decision.change])
        self._wait(command.alert_id, self._latest[command.alert_id], now)
        return decision.change.kind

    def _hush(self, silence: Silence | str, outcome: str, now: datetime) -> str:
        """Alerts that it keeps or kept quiet are asked anew: now, and when it ends."""
        if isinstance(silence, str):
            return silence
        self.silences = [silence, *(one for one in self.silences if one.id != silence.id)]
        asked = {key: self._latest[key] for key in self.states}
        self._decide(asked, now)
        for key, seen in asked.items():
            self._wait(key, seen, now)
        return outcome

    def next_due(self) -> datetime | None:
        """When an alert has to be asked again though nothing moved."""
        return self._due[0][0] if self._due else None

    def _decide(self, found: dict[str, Finding], now: datetime) -> None:
        moving = [(key, seen) for key, seen in found.items() if not self._stays(key, seen, now)]
        if not moving:
            return
        asked = Round(self.states, self.policies, self.silences, now, open=self._open)
        asked.decide_these([seen for _, seen in moving], lambda *_: True)
        self.states.update(asked.states)
        for key, seen in moving:
            if key in self.states:
                self._wait(key, seen, now)
        self._tell(asked.changes)

    def _tell(self, changes: Iterable[Change]) -> None:
        for change in changes:
            policy = self.policies.policy_for(change.scope)
            self.changes.append(change)
            if receivers := self.receivers_of(change, policy):
                self.told.append(Told(change, policy, receivers))

    def _stays(self, key: str, seen: Finding, now: datetime) -> bool:
        """Whether the machine would leave it as it is: nothing runs, and nothing new is seen. Most are like that."""
        if key not in self.states:
            return seen.truth in QUIET
        state = self.states[key][1]
        if state.untold or state.flapping or state.clear_since or state.name == "pending":
            return False
        if state.name not in OPEN:
            return seen.truth in QUIET
        self._latest[key] = seen
        due = any(moment <= now for moment in _moments(state, self.policies.policy_for(seen.scope)))
        return not due and (seen.truth in {"breach", "neither"} or seen.truth == state.name)

    def _wait(self, key: str, seen: Finding, now: datetime) -> None:
        state = self.states[key][1]
        self._latest[key] = seen
        (self._kept.add if state.untold else self._kept.discard)(key)
        moments = [*_moments(state, self.policies.policy_for(seen.scope)), *self._ends(seen.scope, now)]
        if coming := [moment for moment in moments if moment > now]:
            heappush(self._due, (min(coming), key))

    def _ends(self, scope: Scope, now: datetime) -> Iterator[datetime]:
        """When silences end that keep the alert quiet: what they held back is told then."""
        return (one.ends for one in self.silences if one.fits(scope, now))


def _moments(state: AlertState, policy: Policy) -> Iterator[datetime]:
    """When it may move by time alone."""
    if state.name == "pending" and state.since:
        yield state.since + policy.hold
    if state.name in OPEN and state.clear_since:
        yield state.clear_since + policy.clear_hold
    elif state.name in OPEN and state.fired_at and state.escalation < len(policy.escalation):
        yield state.fired_at + policy.escalation[state.escalation].after
    if state.name in OPEN and state.acknowledgement and state.acknowledgement.until:
        yield state.acknowledgement.until
    if state.flapping and state.turns:
        yield state.turns[-1] + policy.flapping.within
