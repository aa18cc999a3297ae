"""Rows about alerts as answers: who sees what, which silences fit, how far deliveries are."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from services.api import alert_answers

NOW = datetime(2026, 7, 1, 8, tzinfo=UTC)
ROW: dict[str, Any] = {
    "alert_id": "below_target:f:xa-1:2026", "number": 2, "rule": "below_target", "thing": "f:xa-1:2026",
    "indicator": "f", "figure": "f", "unit": "xa-1", "period": "2026", "from_state": "ok", "state": "firing",
    "reason": "below_target", "severity": "warning", "since": NOW, "changed": NOW, "sentence_vi": "Xã 1 chưa đạt.",
    "evidence": json.dumps({"numerator": 7, "events": [{"id": "e"}], "contributors": [], "watermark": []}),
    "acknowledged_by": "Tổ CĐS", "acknowledged_at": NOW, "acknowledged_until": None, "escalation": 0,
    "flapping": False,
}  # fmt: skip
CHANGE: dict[str, Any] = {
    "number": 1, "change": "state", "from_state": "ok", "state": "firing", "reason": "below_target",
    "severity": "warning", "at": NOW, "by": "", "note": "", "sentence_vi": "x", "quiet_because": "",
    "receivers": ["desk", "soc"], "command_id": "",
}  # fmt: skip
TAKEN = CHANGE | {"number": 2, "change": "acknowledged", "by": "Tổ CĐS", "note": "đang sửa", "receivers": []}
STEP = {
    "number": 1,
    "receiver": "desk",
    "state": "delivered",
    "attempts": 3,
    "at": NOW,
    "detail": "",
    "message_id": "m",
}
PARTS = {"history": [CHANGE, TAKEN], "deliveries": [STEP], "silences": []}


def silence(hours: float = 1, begins: float = -1, **fields: str) -> dict[str, Any]:
    empty = {"alert_id": "", "rule": "", "indicator": "", "unit": ""}
    times = {"begins": NOW + timedelta(hours=begins), "ends": NOW + timedelta(hours=hours), "at": NOW}
    return {"silence_id": "s", "by": "Tổ CĐS", "note": "bảo trì", **empty, **times, **fields}


def test_every_given_field_of_a_silence_must_name_the_alerts_value() -> None:
    assert alert_answers.fits(silence(unit="xa-1", rule="below_target"), ROW)
    assert not alert_answers.fits(silence(unit="xa-1", rule="pace"), ROW)


def test_an_alert_is_silenced_until_the_last_silence_that_holds_now() -> None:
    later = [silence(2, unit="xa-1"), silence(1, rule="below_target"), silence(9, 8, unit="xa-1"), silence(5, unit="y")]
    shown = alert_answers.listed(ROW, later, NOW, guest=False)
    assert shown.silenced_until == NOW + timedelta(hours=2)
    assert alert_answers.listed(ROW, [], NOW, guest=False).silenced_until is None


def test_single_events_are_for_who_operates() -> None:
    told = {
        role: "events" in alert_answers.detailed(ROW, PARTS, NOW, role).evidence for role in ("", "view", "operate")
    }
    assert told == {"": False, "view": False, "operate": True}
    assert alert_answers.listed(ROW, [], NOW, guest=False).evidence == {"numerator": 7}


def test_a_guest_sees_neither_names_nor_notes_nor_deliveries() -> None:
    shown = alert_answers.detailed(ROW, {**PARTS, "silences": [silence(unit="xa-1")]}, NOW, "")
    assert "Tổ CĐS" not in shown.model_dump_json()
    assert "đang sửa" not in shown.model_dump_json()
    assert (shown.deliveries, len(shown.history), len(shown.silences)) == ([], 2, 1)
    assert "đang sửa" in alert_answers.detailed(ROW, PARTS, NOW, "view").model_dump_json()


def test_a_receiver_without_any_step_waits() -> None:
    shown = alert_answers.detailed(ROW, PARTS, NOW, "view").deliveries
    assert [(one.number, one.receiver, one.state, one.attempts) for one in shown] == [
        (1, "desk", "delivered", 3), (1, "soc", "waiting", 0)
    ]  # fmt: skip


def test_a_median_of_nothing_is_none() -> None:
    attention = {"open": 1, "unacknowledged": 1, "openings": 1, "taken": 0, "median": float("nan")}
    parts: dict[str, list[Any]] = {"attention": [attention], "offenders": [], "standing": [], "days": []}
    assert alert_answers.statistics(parts).median_seconds_to_acknowledge is None
