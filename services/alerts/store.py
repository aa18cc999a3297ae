"""What the alerts service keeps: what is recorded and told, what an owner takes over, and the stores' contract."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from services.alerts.finding import Scope
from services.alerts.sentence import evidence, sentence_vi
from services.alerts.silences import Silence
from services.alerts.state import AlertState, Change


@dataclass(frozen=True, slots=True)
class Notification:
    """One recorded change as a receiver gets it; `id` is the same at every attempt.

    `change`, `from_state`, `state`: as of `Change`. `evidence`: frozen at the decision; empty for what a person did.
    """

    alert_id: str
    number: int
    rule: str
    thing: str
    indicator: str
    figure: str
    unit: str
    period: str
    change: str
    from_state: str
    state: str
    reason: str
    severity: str
    at: datetime
    sentence_vi: str
    evidence: dict[str, Any] = field(default_factory=dict)
    receivers: tuple[str, ...] = ()
    by: str = ""
    note: str = ""

    @property
    def id(self) -> str:
        """Deterministic, so that a receiver recognises a repeat."""
        return f"{self.alert_id}:{self.number}"


@dataclass(frozen=True, slots=True)
class DeliveryStep:
    """One step in the life of a delivery: `delivered`, `failed` or `given_up`; a digest has one step per change."""

    notification: Notification
    receiver: str
    state: str
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
    """Blocking; call from a thread. Every write carries the owner's token and is refused (469) once it is stale."""

    def take_over(self, token: int) -> Standing: ...
    def record(self, changes: Sequence[Recorded], policies_version: str) -> list[Notification]: ...
    def record_silence(self, silence: Silence, command_id: str) -> None: ...


class DeliveryStore(Protocol):
    """What is still to be delivered, and what became of it; blocking and fenced in the same way."""

    def undelivered(self, receiver: str) -> list[Notification]: ...
    def log_delivery(self, steps: Sequence[DeliveryStep]) -> None: ...


def notification(one: Recorded, policies_version: str) -> Notification:
    """A change as receivers get it; what has no facts of its own has no evidence."""
    change, scope = one.change, one.change.scope
    return Notification(
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
