"""The alert store on ClickHouse: every insert is one block with the owner's token, and a successor can end it."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from clickhouse_connect.driver.client import Client

from services.alerts.finding import Scope
from services.alerts.gravity import gravest_first
from services.alerts.silences import Silence
from services.alerts.state import AlertState
from services.alerts.store import AT_ONCE, DeliveryStep, Notification, Recorded, Standing, notification
from shared.contracts.commands import Matching

OWNER_PARTITION = 0
"""`changes` has one partition, so one row of `alerts_owners` names the active evaluator."""

ONE_BLOCK = {
    "async_insert": 0,
    "max_insert_threads": 1,
    "max_insert_block_size": 1_000_000,
    "min_insert_block_size_rows": 1_000_000,
    "min_insert_block_size_bytes": 0,
}
"""An insert is there whole or not at all; a look changes at most some thousand alerts."""

STATES = "SELECT alert_id, rule, thing, unit, indicator, figure, period, standing FROM alerts"
SILENCES = "SELECT * FROM silences"
DONE_COMMANDS = """
SELECT command_id FROM alert_transitions WHERE command_id != '' UNION ALL SELECT command_id FROM alert_silences
"""
_NOTIFICATION = """
SELECT alert_id, number, rule, thing, indicator, figure, unit, period, change, from_state, to_state AS state, reason,
       severity, at, sentence_vi, evidence, receivers, by, note
FROM alert_transitions
"""
TOLD_OPEN = f"""
{_NOTIFICATION} WHERE (alert_id, number) IN (
    SELECT alert_id, max(number) FROM alert_transitions ARRAY JOIN receivers AS receiver GROUP BY alert_id, receiver)
  AND alert_id IN (
    SELECT alert_id FROM alert_transitions WHERE notEmpty(receivers) GROUP BY alert_id
    HAVING argMax(to_state, number) IN ('firing', 'lost'))
ORDER BY at, alert_id, number
"""  # noqa: S608 - constants of this module
UNDELIVERED = f"""
{_NOTIFICATION} WHERE (alert_id, number) IN (
    SELECT alert_id, number FROM (
        SELECT alert_id, number, at,
               max(transform(severity, ['warning', 'critical'], [1, 2], 0)) OVER (PARTITION BY alert_id) AS gravity
        FROM alert_transitions
        WHERE has(receivers, {{receiver:String}}) AND (alert_id, number) NOT IN (
            SELECT alert_id, number FROM deliveries
            WHERE receiver = {{receiver:String}} AND state IN ('delivered', 'given_up'))
    )
    ORDER BY gravity DESC, at, alert_id, number LIMIT {{at_most:UInt32}})
"""  # noqa: S608
"""Chosen by what is narrow: of a receiver that is away for weeks the evidence of all would not fit into memory."""

_standing = msgspec.json.Decoder(AlertState)


class ClickHouseAlertStore:
    """`OwnerStore` on the tables of `040_alerts.sql`."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._token = 0
        self._inserts = 0
        self._queries = f"alerts-{client.database}-"

    def take_over(self, token: int) -> Standing:
        """Claim the tables, end the former owner's running inserts, and read where everything stands."""
        self._token = token
        self._client.insert("alerts_owners", [[OWNER_PARTITION, token]], column_names=["partition", "token"])
        self._client.command(f"KILL QUERY WHERE query_id LIKE '{self._queries}%' SYNC")
        return Standing(
            dict(map(_standing_of, self._read(STATES))),
            [_silence_of(row) for row in self._read(SILENCES)],
            {row["command_id"] for row in self._read(DONE_COMMANDS)},
        )

    def record(self, changes: Sequence[Recorded], policies_version: str) -> list[Notification]:
        """Write all in one insert, before anything is delivered; returns those that are to be told."""
        noted = [(one, notification(one, policies_version)) for one in changes]
        self._insert("alert_transitions", [_change_row(one, n) for one, n in noted])
        return [n for one, n in noted if one.change.tell]

    def record_silence(self, silence: Silence, command_id: str) -> None:
        """The newest row of a silence is what holds."""
        self._insert("alert_silences", [_silence_row(silence, command_id)])

    def undelivered(self, receiver: str, at_most: int = AT_ONCE) -> list[Notification]:
        """Recorded changes that this receiver was to be told and has not had, the gravest first."""
        rows = self._read(UNDELIVERED, receiver=receiver, at_most=at_most)
        return gravest_first(_notification_of(row) for row in rows)

    def told_open(self) -> list[Notification]:
        """Of each alert that receivers hold open, what each of them was told last."""
        return [_notification_of(row) for row in self._read(TOLD_OPEN)]

    def log_delivery(self, steps: Sequence[DeliveryStep]) -> None:
        """One row per step, all in one insert."""
        self._insert("deliveries", [_step_row(step) for step in steps])

    def _read(self, sql: str, **parameters: str | int) -> list[dict[str, Any]]:
        return list(self._client.query(sql, parameters=parameters).named_results())

    def _insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        """By its query's id a successor ends it."""
        if not rows:
            return
        self._inserts += 1
        settings = {**ONE_BLOCK, "query_id": f"{self._queries}{self._token}-{self._inserts}"}
        values = [[*row.values(), self._token] for row in rows]
        self._client.insert(table, values, column_names=[*rows[0], "token"], settings=settings)


def _standing_of(row: dict[str, Any]) -> tuple[str, tuple[Scope, AlertState]]:
    standing = _standing.decode(row.pop("standing"))
    return row.pop("alert_id"), (Scope(**row), standing)


def _silence_of(row: dict[str, Any]) -> Silence:
    matching = Matching(row["alert_id"], row["rule"], row["indicator"], row["unit"])
    return Silence(row["silence_id"], matching, row["begins"], row["ends"], row["by"], row["note"], row["at"])


def _notification_of(row: dict[str, Any]) -> Notification:
    frozen = {"evidence": json.loads(row["evidence"]), "receivers": tuple(row["receivers"])}
    return Notification(f"{row['alert_id']}:{row['number']}", **row | frozen)


def _change_row(one: Recorded, n: Notification) -> dict[str, Any]:
    return {
        "alert_id": n.alert_id,
        "number": n.number,
        "rule": n.rule,
        "thing": n.thing,
        "indicator": n.indicator,
        "figure": n.figure,
        "unit": n.unit,
        "period": n.period,
        "change": n.change,
        "from_state": n.from_state,
        "to_state": n.state,
        "reason": n.reason,
        "severity": n.severity,
        "at": n.at,
        "sentence_vi": n.sentence_vi,
        "evidence": json.dumps(n.evidence, ensure_ascii=False),
        "standing": msgspec.json.encode(one.change.state).decode(),
        "receivers": list(n.receivers),
        "quiet_because": one.change.quiet_because,
        "by": n.by,
        "note": n.note,
        "command_id": one.change.command_id,
    }


def _silence_row(silence: Silence, command_id: str) -> dict[str, Any]:
    return {
        "silence_id": silence.id,
        **msgspec.structs.asdict(silence.matching),
        "begins": silence.begins,
        "ends": silence.ends,
        "by": silence.by,
        "note": silence.note,
        "command_id": command_id,
        "at": silence.at,
    }


def _step_row(step: DeliveryStep) -> dict[str, Any]:
    n = step.notification
    return {
        "delivery_id": f"{n.id}:{step.receiver}",
        "message_id": step.message_id or n.id,
        "alert_id": n.alert_id,
        "number": n.number,
        "receiver": step.receiver,
        "state": step.state,
        "attempt": step.attempt,
        "at": step.at,
        "detail": step.detail,
    }
