"""The active evaluator: looks, lets the machine decide on every alert, records, then hands over what is to be told."""

import time
from collections.abc import Callable, Container, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from services.alerts import silences
from services.alerts.finding import Finding, Scope
from services.alerts.machine import Circumstances, act
from services.alerts.metrics import CHANGES, EVALUATION_SECONDS, LAST_EVALUATION, OPEN_ALERTS, WATERMARK
from services.alerts.policy import Policies, Policy
from services.alerts.settling import Hearing, HeldThenAll, Question, Round, with_vanished
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


class Decided(NamedTuple):
    """What one look comes to if all that ends was right to fire; `since`: what the look before had reached.

    `started`: of `time.perf_counter`. `asked`: whether it was, of what would end.
    """

    started: float
    since: Mapping[int, int]
    hearing: Hearing
    asked: Sequence[Question]
    likely: Round


class Obeyed(NamedTuple):
    """What became of a command, as one token, and what is to be told because of it."""

    outcome: str
    notifications: list[Notification]


@dataclass
class Evaluator:
    """Holds where every alert stands while this process owns the alerts. Blocking.

    It works by watermark: what moved while no evaluator ran is in the next look, held against the recorded states.
    One thread may look while another tells of what the looks before have decided, in their order; `obey` only while
    neither does.
    """

    senses: Senses
    store: OwnerStore
    policies: Policies
    receivers_of: Callable[[Change, Policy], tuple[str, ...]]
    clock: Callable[[], datetime]
    standing: Standing
    reached: dict[int, int] = field(default_factory=dict)
    under_way: dict[str, tuple[Scope, AlertState]] = field(default_factory=dict)
    """Alerts of which a change is decided but not recorded yet, as they will likely stand: no look decides on them."""
    again_within: timedelta | None = None
    """So soon the last look wants another, whether anything moves or not."""

    def evaluate(self, announced: Mapping[int, int]) -> list[Notification] | None:
        """Look, and tell at once. None when the look was behind."""
        decided = self.look(announced)
        if decided is None:
            return None
        notifications = self.tell(decided)
        self.measure(decided)
        return notifications

    def look(self, announced: Mapping[int, int]) -> Decided | None:
        """Decide on everything. None when the snapshot is older than what was announced or seen: look again."""
        started, now = time.perf_counter(), self.clock()
        seen = self.senses.look(now)
        wanted = furthest(announced, [Watermark(*mark, "") for mark in self.reached.items()])
        if is_behind(seen.watermark, wanted):
            return None
        # One copy after the other: what is recorded in between is in both, never in none.
        under_way = dict(self.under_way)
        before = {**self.standing.states, **under_way}
        each = list(with_vanished(seen.findings, before, now))
        hearing = Hearing(each, before, self.policies, self.standing.silences, now, under_way)
        asked = list(hearing.questions())
        likely = hearing.decided({one.scope.alert_id: True for one in asked})
        since, self.reached = self.reached, furthest(wanted, seen.watermark)
        self.again_within = seen.again_within
        self._keep(likely)
        for mark in seen.watermark:
            WATERMARK.labels(mark.partition).set(received_seconds(mark))
        return Decided(started, since, hearing, asked, likely)

    def _keep(self, likely: Round) -> None:
        """What has changed is under way until it is recorded; the rest holds at once."""
        changed = {one.scope.alert_id for one in likely.changes}
        self.standing.states.update({key: one for key, one in likely.states.items() if key not in changed})
        self.under_way.update({key: likely.states[key] for key in changed})

    def tell(self, decided: Decided) -> list[Notification]:
        """Record the changes of a look with what lies behind them; returns those that are to be told."""
        notifications: list[Notification] = []
        if changed := {one.scope.alert_id for one in decided.likely.changes}:
            final, changes = self._looked_back(decided, changed)
            states = {key: one for key, one in final.states.items() if key in changed}
            notifications = self._record(changes, states)
            for key in changed:
                del self.under_way[key]
        return notifications

    def _looked_back(self, decided: Decided, changed: Container[str]) -> tuple[Round, Sequence[Change]]:
        """What lies behind the changes is read while it is asked whether what ends was right to fire: mostly it was."""
        final = decided.likely
        with ThreadPoolExecutor(1) as pool:
            asking = pool.submit(self.senses.held_then, decided.asked) if decided.asked else None
            changes = self.senses.background(final.changes, decided.since)
            held = asking.result() if asking else {}
        if not all(held.get(one.scope.alert_id) for one in decided.asked):
            final = decided.hearing.decided(held, only=changed)
            changes = self.senses.background(final.changes, decided.since) if final.changes else []
        return final, changes

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

    def measure(self, decided: Decided) -> None:
        """A look has come to its end, and nothing is under way that was decided before it."""
        EVALUATION_SECONDS.observe(time.perf_counter() - decided.started)
        LAST_EVALUATION.set(time.time())
        OPEN_ALERTS.set(sum(state.name in OPEN for _, state in list(self.standing.states.values())))


def received_seconds(mark: Watermark) -> float:
    """When the record of a mark was received, as seconds since 1970; a moment without zone is UTC."""
    moment = datetime.fromisoformat(mark.received)
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
