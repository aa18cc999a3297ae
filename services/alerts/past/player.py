"""One set of policies over the past: moved things → findings → the alerts' own machine → who would have been
told (pure).

Between two facts an alert moves by time alone: a hold ends, a step is due, flapping calms down. Each alert is
asked again
at the next such moment, not every minute. Whether an alert would be `withdrawn` needs what is known today, so
that every
end is `resolved` here; both are told, so that no count depends on it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush

from services.alerts import kinds
from services.alerts.finding import Finding, Scope
from services.alerts.policy import Policies, Policy
from services.alerts.settling import Round
from services.alerts.snapshot import Snapshot
from services.alerts.state import OPEN, AlertState, Change

ReceiversOf = Callable[[Change, Policy], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Told:
    """One change that somebody would have been told of; `severity` and `calendar` decide when."""

    change: Change
    policy: Policy
    receivers: tuple[str, ...]


@dataclass
class Player:
    """`states` is where every alert stands, `changes` all that would have been recorded, `told` what was told of it."""

    policies: Policies
    receivers_of: ReceiversOf
    states: dict[str, tuple[Scope, AlertState]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    _latest: dict[str, Finding] = field(default_factory=dict)
    _due: list[tuple[datetime, str]] = field(default_factory=list)
    _open: dict[str, Scope] = field(default_factory=dict)
    _kept: set[str] = field(default_factory=set)

    def see(self, snapshots: Iterable[Snapshot], now: datetime) -> None:
        """Decide on what may have moved, and on what is due by now."""
        found = {one.scope.alert_id: one for snapshot in snapshots for one in kinds.findings(snapshot, self.policies)}
        self.judge(found, now)

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

    def next_due(self) -> datetime | None:
        """When an alert has to be asked again though nothing moved."""
        return self._due[0][0] if self._due else None

    def _decide(self, found: dict[str, Finding], now: datetime) -> None:
        asked = Round(self.states, self.policies, (), now, open=self._open)
        moving = [(key, seen) for key, seen in found.items() if not self._stays(key, seen, now)]
        asked.decide_these([seen for _, seen in moving], lambda *_: True)
        self.states.update(asked.states)
        for key, seen in moving:
            if key in self.states:
                self._wait(key, seen, now)
        for change in asked.changes:
            policy = self.policies.policy_for(change.scope)
            self.changes.append(change)
            if receivers := self.receivers_of(change, policy):
                self.told.append(Told(change, policy, receivers))

    def _stays(self, key: str, seen: Finding, now: datetime) -> bool:
        """Whether the machine would leave it as it is: nothing runs, and nothing new is seen. Most are like that."""
        if key not in self.states:
            return seen.truth in {"clear", "neither"}
        state = self.states[key][1]
        if state.untold or state.flapping or state.clear_since or state.name == "pending":
            return False
        if state.name not in OPEN:
            return seen.truth in {"clear", "neither"}
        self._latest[key] = seen
        waits = any(moment <= now for moment in _moments(state, self.policies.policy_for(seen.scope)))
        return not waits and (seen.truth in {"breach", "neither"} or seen.truth == state.name)

    def _wait(self, key: str, seen: Finding, now: datetime) -> None:
        state = self.states[key][1]
        self._latest[key] = seen
        (self._kept.add if state.untold else self._kept.discard)(key)
        moments = [moment for moment in _moments(state, self.policies.policy_for(seen.scope)) if moment > now]
        if moments:
            heappush(self._due, (min(moments), key))


def _moments(state: AlertState, policy: Policy) -> Iterator[datetime]:
    """When it may move by time alone."""
    if state.name == "pending" and state.since:
        yield state.since + policy.hold
    if state.name in OPEN and state.clear_since:
        yield state.clear_since + policy.clear_hold
    elif state.name in OPEN and state.fired_at and state.escalation < len(policy.escalation):
        yield state.fired_at + policy.escalation[state.escalation].after
    if state.flapping and state.turns:
        yield state.turns[-1] + policy.flapping.within
