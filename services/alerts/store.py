"""What the alerts service keeps: what is recorded and told, what an owner takes over, and the stores' contract."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from services.alerts.finding import Scope
from services.alerts.sentence import evidence, sentence_vi
from services.alerts.silences import Silence
from services.alerts.state import AlertState, Change, ChangeKind, StateName
from shared.contracts.alerts import Rule, Severity

StepState = Literal["delivered", "failed", "given_up"]

AT_ONCE = 1_000
"""Notifications of 2 KB that wait in memory for one receiver; while it is away for days, more are in the table."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One recorded change as a receiver gets it; `id` is the same at every attempt. `receivers`: to whom it goes.

    `evidence`: frozen at the decision; empty for what a person did.
    """

    id: str
    alert_id: str
    number: int
    rule: Rule
    thing: str
    indicator: str
    figure: str
    unit: str
    period: str
    change: ChangeKind
    from_state: StateName
    state: StateName
    reason: str
    severity: Severity
    at: datetime
    sentence_vi: str
    evidence: dict[str, Any] = field(default_factory=dict)
    receivers: tuple[str, ...] = ()
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryStep:
    """One step in the life of a delivery; `message_id` is that of the message which held it with others."""

    notification: Notification
    receiver: str
    state: StepState
    attempt: int
    at: datetime
    detail: str = ""
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A change with those who are to be told of it."""

    change: Change
    receivers: tuple[str, ...] = ()


@dataclass(slots=True)
class Standing:
    """What an owner takes over: every alert by its id, the silences, and the commands that were acted on."""

    states: dict[str, tuple[Scope, AlertState]] = field(default_factory=dict)
    silences: list[Silence] = field(default_factory=list)
    done_commands: set[str] = field(default_factory=set)


class AlertStore(Protocol):
    """Blocking; call from a thread. Every write carries the owner's token and is refused (469) once it is stale.

    `undelivered`: the gravest first, the changes of one alert in their order.
    """

    def take_over(self, token: int) -> Standing: ...
    def record(self, changes: Sequence[Recorded], policies_version: str) -> list[Notification]: ...
    def undelivered(self, receiver: str, at_most: int = AT_ONCE) -> list[Notification]: ...
    def log_delivery(self, steps: Sequence[DeliveryStep]) -> None: ...


class OwnerStore(AlertStore, Protocol):
    """What the owner needs beside it. `told_open`: of each alert that receivers hold open, the newest of each receiver:
    of an escalation only those of its steps hear.
    """

    def record_silence(self, silence: Silence, command_id: str) -> None: ...
    def told_open(self) -> list[Notification]: ...


def notification(one: Recorded, policies_version: str) -> Notification:
    """A change as receivers get it; what has no facts of its own has no evidence."""
    change, scope = one.change, one.change.scope
    return Notification(
        id=change.id,
        alert_id=scope.alert_id,
        number=change.state.number,
        rule=scope.rule,
        thing=scope.thing,
        indicator=scope.indicator,
        figure=scope.figure,
        unit=scope.unit,
        period=scope.period,
        change=change.kind,
        from_state=change.from_state,
        state=change.state.name,
        reason=change.reason,
        severity=change.severity,
        at=change.at,
        sentence_vi=sentence_vi(change),
        evidence=evidence(change, policies_version) if change.facts else {},
        receivers=one.receivers,
        by=change.by,
        note=change.note,
    )
