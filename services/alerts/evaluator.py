"""The active evaluator: looks at the board, lets the machine decide on every cell, records, then hands over."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.alerts.machine import AlertState, Transition, decide
from services.alerts.metrics import EVALUATION_SECONDS, FIRING, LAST_EVALUATION, TRANSITIONS
from services.alerts.observation import Observation
from services.alerts.policy import Policies
from services.alerts.store import AlertStore, Notification

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass
class Evaluator:
    """Holds every alert's state while this process owns the alerts; `look` is blocking."""

    read: Callable[[str, date], list[Observation]]
    store: AlertStore
    policies: Policies
    clock: Callable[[], datetime]
    states: dict[str, AlertState] = field(default_factory=dict)

    def look(self, reached: Callable[[list[Observation]], bool]) -> list[Notification] | None:
        """Decide on all cells. None when the snapshot is older than what was announced: look again."""
        started, now = time.perf_counter(), self.clock()
        local = now.astimezone(LOCAL).date()
        board = self.read(str(local.year), local)
        if not reached(board):
            return None
        notifications = self._record(self._decide(board, now))
        EVALUATION_SECONDS.observe(time.perf_counter() - started)
        LAST_EVALUATION.set(now.timestamp())
        return notifications

    def _decide(self, board: list[Observation], now: datetime) -> list[tuple[Transition, AlertState, str]]:
        moved: list[tuple[Transition, AlertState, str]] = []
        for seen in board:
            policy = self.policies.policy_for(seen.indicator)
            decision = decide(self.states.get(seen.alert_id, AlertState()), seen, policy, now)
            if decision.transition:
                moved.append((decision.transition, decision.state, policy.severity))
        return moved

    def _record(self, moved: list[tuple[Transition, AlertState, str]]) -> list[Notification]:
        if not moved:
            return []
        notifications = self.store.record([(t, severity) for t, _, severity in moved], self.policies.version)
        for transition, state, _ in moved:
            self.states[transition.alert_id] = state
            TRANSITIONS.labels(transition.to_state).inc()
        FIRING.set(sum(state.name == "firing" for state in self.states.values()))
        return notifications
