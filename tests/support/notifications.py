"""Recorded changes to deliver, and a clock that a test sets."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.alerts.finding import Scope
from services.alerts.state import AlertState, Change, ChangeKind
from services.alerts.store import Notification

MONDAY_TEN = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
"""10:00 of a working Monday in Việt Nam."""

_FIRST = Notification(
    id="below_target:filing_full_online:so-noi-vu:2026:2",
    alert_id="below_target:filing_full_online:so-noi-vu:2026",
    number=2,
    rule="below_target",
    thing="filing_full_online:so-noi-vu:2026",
    indicator="filing_full_online",
    figure="filing_full_online",
    unit="so-noi-vu",
    period="2026",
    change="state",
    from_state="pending",
    state="firing",
    reason="below",
    severity="warning",
    at=MONDAY_TEN,
    sentence_vi="Sở Nội vụ: hồ sơ trực tuyến toàn trình đạt 71,4% (50/70), chưa đạt chỉ tiêu 80% của kỳ 2026.",
    evidence={"numerator": 50, "denominator": 70, "percent": 71.4, "target": 80},
)


def notification(unit: str = "so-noi-vu", number: int = 2, **changed: Any) -> Notification:
    """A firing alert of a unit, for the receiver `desk` unless others are named; any field may differ."""
    thing = f"filing_full_online:{unit}:2026"
    alert_id = f"below_target:{thing}"
    given = {"unit": unit, "number": number, "thing": thing, "alert_id": alert_id, "id": f"{alert_id}:{number}"}
    return replace(_FIRST, **{"receivers": ("desk",), **given, **changed})


def resolved(unit: str = "so-noi-vu", number: int = 3, **changed: Any) -> Notification:
    """The end of the same alert, with the figure that it has then."""
    sentence = "Sở Nội vụ: hồ sơ trực tuyến toàn trình đạt 85,0% (85/100), đã đạt lại chỉ tiêu 80% của kỳ 2026."
    given = {"from_state": "firing", "state": "resolved", "sentence_vi": sentence, "evidence": {"percent": 85.0}}
    return notification(unit, number, **{**given, **changed})


def change(kind: ChangeKind = "state", *, escalation: int = 0, tell: bool = True, **named: str) -> Change:
    """A change of an open alert, before it is recorded; `named`: unit and name of the state."""
    state = AlertState(named.get("state", "firing"), 5, MONDAY_TEN, MONDAY_TEN, escalation=escalation)  # type: ignore[arg-type]
    scope = Scope("pace", "x", named.get("unit", "so-noi-vu"))
    return Change(scope, kind, "firing", state, "r", MONDAY_TEN, "warning", tell=tell)


class SetClock:
    """Stands still until the test moves it."""

    def __init__(self, now: datetime = MONDAY_TEN) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        """`advance(minutes=5)`."""
        self.now += timedelta(**span)
