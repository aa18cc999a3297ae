"""What the alerts service keeps in ClickHouse: the owner's token, transitions, deliveries, and reading them back."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from clickhouse_connect.driver.client import Client

from services.alerts.machine import AlertState, Transition
from services.alerts.sentence import evidence, sentence_vi

OWNER_PARTITION = 0
"""`changes` has one partition, so one row of `alerts_owners` names the active evaluator."""

TRANSITION_COLUMNS = (
    "alert_id number rule indicator figure unit period from_state to_state reason severity at sentence_vi evidence token"
).split()
DELIVERY_COLUMNS = "delivery_id alert_id number receiver state attempt at detail token".split()


@dataclass(frozen=True, slots=True)
class Notification:
    """One recorded transition as a receiver gets it; `id` is the same at every attempt."""

    alert_id: str
    number: int
    state: str
    severity: str
    at: datetime
    sentence_vi: str
    evidence: dict[str, Any]

    @property
    def id(self) -> str:
        return f"{self.alert_id}:{self.number}"


@dataclass(frozen=True, slots=True)
class DeliveryStep:
    """One step in the life of a delivery."""

    notification: Notification
    receiver: str
    state: str
    attempt: int
    at: datetime
    detail: str = ""


class AlertStore(Protocol):
    """Blocking; call from a thread. Every write carries the owner's token and is refused (469) once it is stale."""

    def take_over(self, token: int) -> dict[str, AlertState]: ...
    def record(self, transitions: Sequence[tuple[Transition, str]], policy_version: str) -> list[Notification]: ...
    def undelivered(self, receiver: str) -> list[Notification]: ...
    def log_delivery(self, step: DeliveryStep) -> None: ...


class ClickHouseAlertStore:
    """`AlertStore` on the tables `alert_transitions` and `deliveries`."""

    def __init__(self, client: Client, database: str) -> None:
        self._client = client
        self._database = database
        self._token = 0

    def take_over(self, token: int) -> dict[str, AlertState]:
        """Claim the tables, end the former owner's running inserts, and read every alert's state."""
        self._token = token
        self._client.insert("alerts_owners", [[OWNER_PARTITION, token]], column_names=["partition", "token"])
        self._client.command("KILL QUERY WHERE query_id LIKE 'alerts-%' SYNC")
        rows = self._client.query("SELECT alert_id, state, number FROM alerts").result_rows
        return {alert_id: AlertState(state, number) for alert_id, state, number in rows}

    def record(self, transitions: Sequence[tuple[Transition, str]], policy_version: str) -> list[Notification]:
        """Write transitions (with their severities) in one insert, before anything is delivered."""
        notifications = [notification(t, severity, policy_version) for t, severity in transitions]
        rows = [self._row(t, n) for (t, _), n in zip(transitions, notifications, strict=True)]
        self._insert("alert_transitions", rows, TRANSITION_COLUMNS)
        return notifications

    def undelivered(self, receiver: str) -> list[Notification]:
        """Recorded transitions that this receiver has not had, oldest first."""
        rows = self._client.query(
            "SELECT alert_id, number, to_state, severity, at, sentence_vi, evidence FROM alert_transitions "
            "WHERE (alert_id, number) NOT IN (SELECT alert_id, number FROM deliveries "
            "WHERE receiver = {receiver:String} AND state IN ('delivered', 'given_up')) ORDER BY at, alert_id",
            parameters={"receiver": receiver},
        ).result_rows
        return [Notification(*row[:6], json.loads(row[6])) for row in rows]

    def log_delivery(self, step: DeliveryStep) -> None:
        """One row for a step of a delivery."""
        n = step.notification
        row = [n.id, n.alert_id, n.number, step.receiver, step.state, step.attempt, step.at, step.detail, self._token]
        self._insert("deliveries", [row], DELIVERY_COLUMNS)

    def _row(self, t: Transition, n: Notification) -> list[Any]:
        seen = t.observation
        return [
            t.alert_id, t.number, "below_target", seen.indicator, seen.figure, seen.unit, seen.period, t.from_state,
            t.to_state, t.reason, n.severity, t.at, n.sentence_vi, json.dumps(n.evidence, ensure_ascii=False), self._token,
        ]  # fmt: skip

    def _insert(self, table: str, rows: list[list[Any]], columns: list[str]) -> None:
        settings = {"query_id": f"alerts-{self._token}-{table}-{rows[0][0]}-{rows[0][1]}", "async_insert": 0}
        self._client.insert(table, rows, column_names=columns, settings=settings)


def notification(t: Transition, severity: str, policy_version: str) -> Notification:
    """A transition as receivers get it, with its sentence and frozen evidence."""
    return Notification(
        t.alert_id, t.number, t.to_state, severity, t.at, sentence_vi(t), evidence(t, policy_version)
    )
