"""The active evaluator: looks, lets the machine decide on every alert, records, then hands over what is to be told."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from services.alerts import silences
from services.alerts.finding import Finding, Scope
from services.alerts.machine import Circumstances, act
from services.alerts.metrics import CHANGES, EVALUATION_SECONDS, LAST_EVALUATION, OPEN_ALERTS, WATERMARK
from services.alerts.policy import Policies, Policy
from services.alerts.settling import HeldThenAll, Round
from services.alerts.silences import Silence
from services.alerts.state import OPEN, AlertState, Change
from services.alerts.store import Notification, OwnerStore, Recorded, Standing
from services.alerts.watermark import Watermark, furthest, is_behind
from shared.contracts.commands import Command


class Seen(NamedTuple):
    """One look: up to where it saw the log, and what it found; of two findings about one thing the first counts.

    `again_within`: when part of it is older than the rest; None: all of it is of this moment.
    """

    watermark: Sequence[Watermark]
    findings: Sequence[Finding]
    again_within: timedelta | None = None


class Senses(NamedTuple):
    """How the world is seen; all block. `look`: everything in one snapshot. `held_then`: what was, as now known.

    `background`: changes with richer facts, given what the look before had reached (partition → offset).
    """

    look: Callable[[datetime], Seen]
    held_then: HeldThenAll
    background: Callable[[Sequence[Change], Mapping[int, int]], Sequence[Change]] = lambda changes, _: changes


class Obeyed(NamedTuple):
    """What became of a command, as one token, and what is to be told because of it."""

    outcome: str
    notifications: list[Notification]


@dataclass
class Evaluator:
    """Holds where every alert stands while this process owns the alerts. Blocking; one call at a time.

    It works by watermark: what moved while no evaluator ran is in the next look, held against the recorded states.
    """

    senses: Senses
    store: OwnerStore
    policies: Policies
    receivers_of: Callable[[Change, Policy], tuple[str, ...]]
    clock: Callable[[], datetime]
    standing: Standing
    reached: dict[int, int] = field(default_factory=dict)
    again_within: timedelta | None = None
    """So soon the last look wants another, whether anything moves or not."""

    def evaluate(self, announced: Mapping[int, int]) -> list[Notification] | None:
        """Decide on everything. None when the snapshot is older than what was announced or seen: look again."""
        started, now = time.perf_counter(), self.clock()
        seen = self.senses.look(now)
        wanted = furthest(announced, [Watermark(*mark, "") for mark in self.reached.items()])
        if is_behind(seen.watermark, wanted):
            return None
        looked = Round(self.standing.states, self.policies, self.standing.silences, now)
        looked.decide_all(seen.findings, self.senses.held_then)
        changes = self.senses.background(looked.changes, self.reached) if looked.changes else []
        notifications = self._record(changes, looked.states)
        self.reached, self.again_within = furthest(wanted, seen.watermark), seen.again_within
        self._measure(seen, time.perf_counter() - started)
        return notifications

    def obey(self, command: Command) -> Obeyed:
        """Act on what a person asks. It is recorded with the command's id, by which a repeat is recognised."""
        if command.id in self.standing.done_commands:
            return Obeyed("repeated", [])
        now = self.clock()
        if command.action == "silence":
            return self._hush(silences.begun(command, now), command)
        if command.action == "end_silence":
            return self._hush(silences.ended(self.standing.silences, command, now), command)
        known = self.standing.states.get(command.alert_id)
        return Obeyed("unknown_alert", []) if known is None else self._act(*known, command, now)

    def _act(self, scope: Scope, state: AlertState, command: Command, now: datetime) -> Obeyed:
        decision = act(state, scope, command, Circumstances(self.policies.policy_for(scope), now))
        if decision.change is None:
            return Obeyed(decision.reason, [])
        notifications = self._record([decision.change], {scope.alert_id: (scope, decision.state)})
        self.standing.done_commands.add(command.id)
        return Obeyed(decision.change.kind, notifications)

    def _hush(self, silence: Silence | str, command: Command) -> Obeyed:
        if isinstance(silence, str):
            return Obeyed(silence, [])
        self.store.record_silence(silence, command.id)
        self.standing.silences = [silence, *(one for one in self.standing.silences if one.id != silence.id)]
        self.standing.done_commands.add(command.id)
        return Obeyed("silenced" if command.action == "silence" else "silence_ended", [])

    def _record(self, changes: Sequence[Change], states: Mapping[str, tuple[Scope, AlertState]]) -> list[Notification]:
        """States move only once the table has them: after an insert that failed, all is read anew."""
        recorded = [Recorded(one, self.receivers_of(one, self.policies.policy_for(one.scope))) for one in changes]
        notifications = self.store.record(recorded, self.policies.version) if recorded else []
        self.standing.states.update(states)
        for change in changes:
            CHANGES.labels(change.kind, change.state.name).inc()
        return notifications

    def _measure(self, seen: Seen, seconds: float) -> None:
        EVALUATION_SECONDS.observe(seconds)
        LAST_EVALUATION.set(time.time())
        OPEN_ALERTS.set(sum(state.name in OPEN for _, state in self.standing.states.values()))
        for mark in seen.watermark:
            WATERMARK.labels(mark.partition).set(received_seconds(mark))


def received_seconds(mark: Watermark) -> float:
    """When the record of a mark was received, as seconds since 1970; a moment without zone is UTC."""
    moment = datetime.fromisoformat(mark.received)
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
