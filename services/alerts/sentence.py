"""One Vietnamese sentence that says why an alert changed, and the evidence frozen with the change (pure)."""

from typing import Any

from services.alerts.finding import PERIOD_CLOSED
from services.alerts.sentences import figures, things
from services.alerts.sentences.frame import Words
from services.alerts.state import OPEN, Change
from services.alerts.vietnamese import moment_vi
from shared.contracts.alerts import Rule

WORDS: dict[Rule, Words] = {**figures.WORDS, **things.WORDS}

BESIDE = {
    "acknowledged": "đã có người tiếp nhận",
    "acknowledgement_ended": "hết thời hạn tiếp nhận, cảnh báo vẫn mở",
    "noted": "có ghi chú mới",
    "escalated": "chưa có người tiếp nhận, chuyển lên cấp tiếp theo",
    "flapping": "thay đổi liên tục, tạm ngừng báo từng lần cho đến khi ổn định",
    "steady": "đã ổn định",
    "released": "hết thời gian tạm ngừng báo",
}
"""What happened beside the state; the state's own words come first."""


def sentence_vi(change: Change) -> str:
    """What an officer reads first: who, what, how much, against what; then what happened beside it."""
    said = _state_vi(change)
    if change.kind == "state":
        return f"{said}."
    beside = BESIDE[change.kind]
    until = change.state.acknowledgement.until if change.state.acknowledgement else None
    if change.kind == "acknowledged" and until:
        beside += f" đến {moment_vi(until)}"
    return f"{said} – {beside}."


def _state_vi(change: Change) -> str:
    """Without facts (a person acted) the rule's name must do: the alert's own sentence stands beside it."""
    words = WORDS[change.scope.rule]
    if change.reason == PERIOD_CLOSED:
        return f"Cảnh báo {words.name}: kỳ {change.scope.period} đã khép lại, không theo dõi nữa"
    if not change.facts:
        return f"Cảnh báo {words.name}"
    say = getattr(words, _PHRASE[change.state.name])
    try:
        said: str = say(change.facts)
    except KeyError:
        # A fact that nobody thought of must not end the evaluator, and with it every other alert.
        return f"Cảnh báo {words.name}"
    return said if change.state.name != "pending" else f"{said} (đang chờ xác nhận)"


_PHRASE = {
    "ok": "well",
    "pending": "wrong",
    "firing": "wrong",
    "lost": "lost",
    "resolved": "well",
    "withdrawn": "withdrawn",
}


def evidence(change: Change, policies_version: str) -> dict[str, Any]:
    """The facts as they were when it was decided, JSON values only; empty when a person acted."""
    if not change.facts:
        return {}
    return {
        **change.facts,
        "rule": change.scope.rule,
        "policy_version": policies_version,
        "previous_state": change.from_state,
        "state": change.state.name,
        "open": change.state.name in OPEN,
        "at": change.at.isoformat(),
    }
