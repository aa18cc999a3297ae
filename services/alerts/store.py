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

AT_ONCE = 1_000
"""Notifications of 2 KB that wait in memory for one receiver; while it is away for days, more are in the table."""


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
    def undelivered(self, receiver: str, at_most: int = AT_ONCE) -> list[Notification]: ...
    def log_delivery(self, step: DeliveryStep) -> None: ...


class ClickHouseAlertStore:
    """`AlertStore` on the tables `alert_transitions` and `deliveries`."""

    def __init__(self, client: Client) -> None:
        self._client = client
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
        rows = [_transition_row(t, n) for (t, _), n in zip(transitions, notifications, strict=True)]
        self._insert("alert_transitions", f"{notifications[0].id}-{len(rows)}", rows)
        return notifications

    def undelivered(self, receiver: str, at_most: int = AT_ONCE) -> list[Notification]:
        """The oldest recorded transitions that this receiver has not had, oldest first."""
        result = self._client.query(
            "SELECT alert_id, number, to_state AS state, severity, at, sentence_vi, evidence FROM alert_transitions "
            "WHERE (alert_id, number) NOT IN (SELECT alert_id, number FROM deliveries "
            "WHERE receiver = {receiver:String} AND state IN ('delivered', 'given_up')) "
            "ORDER BY at, alert_id, number LIMIT {at_most:UInt32}",
            parameters={"receiver": receiver, "at_most": at_most},
        )
        return [Notification(**row | {"evidence": json.loads(row["evidence"])}) for row in result.named_results()]

    def log_delivery(self, step: DeliveryStep) -> None:
        """One row for a step of a delivery."""
        row = {
            "delivery_id": f"{step.notification.id}:{step.receiver}",
            "alert_id": step.notification.alert_id,
            "number": step.notification.number,
            "receiver": step.receiver,
            "state": step.state,
            "attempt": step.attempt,
            "at": step.at,
            "detail": step.detail,
        }
        self._insert("deliveries", f"{row['delivery_id']}-{step.attempt}", [row])

    def _insert(self, table: str, name: str, rows: list[dict[str, Any]]) -> None:
        """`name` begins with nothing secret: it becomes part of the query's id, by which a successor ends it."""
        owned = [row | {"token": self._token} for row in rows]
        values = [list(row.values()) for row in owned]
        settings = {"query_id": f"alerts-{self._token}-{table}-{name}", "async_insert": 0}
        self._client.insert(table, values, column_names=list(owned[0]), settings=settings)


def notification(t: Transition, severity: str, policy_version: str) -> Notification:
    """A transition as receivers get it, with its sentence and frozen evidence."""
    return Notification(t.alert_id, t.number, t.to_state, severity, t.at, sentence_vi(t), evidence(t, policy_version))


def _transition_row(t: Transition, n: Notification) -> dict[str, Any]:
    seen = t.observation
    return {
        "alert_id": t.alert_id,
        "number": t.number,
        "rule": "below_target",
        "indicator": seen.indicator,
        "figure": seen.figure,
        "unit": seen.unit,
        "period": seen.period,
        "from_state": t.from_state,
        "to_state": t.to_state,
        "reason": t.reason,
        "severity": n.severity,
        "at": t.at,
        "sentence_vi": n.sentence_vi,
        "evidence": json.dumps(n.evidence, ensure_ascii=False),
    }
