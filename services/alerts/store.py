"""What receivers are told and what becomes of it; its tables are the core's."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from services.alerts.finding import Rule, Severity
from services.alerts.state import ChangeKind, StateName

StepState = Literal["delivered", "failed", "given_up"]


@dataclass(frozen=True, slots=True)
class Notification:
    """One recorded change as a receiver gets it; `id` is the same at every attempt. `receivers`: to whom it goes."""

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


class AlertStore(Protocol):
    """Blocking; call from a thread. Only what delivery needs."""

    def undelivered(self, receiver: str) -> list[Notification]: ...
    def log_delivery(self, steps: Sequence[DeliveryStep]) -> None: ...
