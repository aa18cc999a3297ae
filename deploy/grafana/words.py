"""What the tokens of the views are called on a screen: a sign, a Vietnamese word and a colour, never a colour alone.

Blue-green against vermilion stays apart for colour-blind viewers; sign and word say the same without any colour.
"""

from collections.abc import Mapping
from typing import NamedTuple

from grafana_foundation_sdk.models.dashboard import (
    DashboardRegexMapOptions,
    DashboardSpecialValueMapOptions,
    RegexMap,
    SpecialValueMap,
    SpecialValueMatch,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)

from services.alerts.sentences.things import CATEGORIES, SEVERITIES
from services.alerts.wording import CHANGES_VI, SEVERITIES_VI, STATES_VI
from services.api.wording import REASONS, STATUSES

GOOD, BAD, SERIOUS, MILD, NOTHING = "#1a7f7a", "#b3391b", "#c77700", "#2f5d9e", "#5b6470"


class Word(NamedTuple):
    """What stands for a token; without a colour it is text alone."""

    text: str
    color: str = ""


Words = Mapping[str, Word]

_MARKS = {"met": ("✓", GOOD), "below": ("✗", BAD), "no_occurrence": ("–", NOTHING), "no_target": ("○", NOTHING)}
STATUS: Words = {token: Word(f"{mark} {STATUSES[token].vi}", color) for token, (mark, color) in _MARKS.items()}
FRESHNESS: Words = {"complete": Word("✓ Đủ nguồn", GOOD), "provisional": Word("△ Tạm tính", SERIOUS)}
SOURCE: Words = {
    "sending": Word("✓ Đang gửi", GOOD),
    "silent": Word("✗ Im lặng", BAD),
    "never": Word("– Chưa từng gửi", NOTHING),
}
_UNHEARD = {"": Word("– Chưa có dữ liệu", NOTHING)}
DOSSIER: Words = {
    "approved": Word("✓ Đã phê duyệt", GOOD),
    "submitted": Word("△ Đã trình", SERIOUS),
    "none": Word("✗ Chưa có", BAD),
    **_UNHEARD,
}
PLAN: Words = {
    "implemented": Word("✓ Đã triển khai", GOOD),
    "partial": Word("△ Một phần", SERIOUS),
    "none": Word("✗ Chưa triển khai", BAD),
    **_UNHEARD,
}
MONITORING: Words = {
    "yes": Word("✓ Đang giám sát", GOOD),
    "no": Word("✗ Không giám sát", BAD),
    **_UNHEARD,
}
HEARTBEAT: Words = {
    "alive": Word("✓ Có tín hiệu", GOOD),
    "late": Word("✗ Mất tín hiệu", BAD),
    "never": Word("– Chưa có tín hiệu", NOTHING),
}
LINE: Words = {"up": Word("✓ Hoạt động", GOOD), "down": Word("✗ Mất tín hiệu", BAD)}
HANDLING: Words = {
    "new": Word("✗ Mới", BAD),
    "acknowledged": Word("△ Đang xử lý", SERIOUS),
    "closed": Word("✓ Đã xử lý", GOOD),
}
GRAVITY: Words = {
    "critical": Word(f"◆ {SEVERITIES['critical'].capitalize()}", BAD),
    "high": Word(f"▲ {SEVERITIES['high'].capitalize()}", SERIOUS),
    "medium": Word(f"● {SEVERITIES['medium'].capitalize()}", MILD),
    "low": Word(f"○ {SEVERITIES['low'].capitalize()}", NOTHING),
}
CATEGORY: Words = {token: Word(word.capitalize()) for token, word in CATEGORIES.items()}
SEVERITY: Words = {
    "critical": Word(f"◆ {SEVERITIES_VI['critical'].capitalize()}", BAD),
    "warning": Word(f"▲ {SEVERITIES_VI['warning'].capitalize()}", SERIOUS),
    "info": Word(f"● {SEVERITIES_VI['info'].capitalize()}", MILD),
}
STATE: Words = {token: Word(word) for token, word in STATES_VI.items()}
CHANGE: Words = {token: Word(word) for token, word in CHANGES_VI.items()} | {
    "state": Word("Đổi trạng thái"),
    "released": Word("Hết tạm im, báo lại"),
}
RULE: Words = {
    "below_target": Word("Chưa đạt chỉ tiêu"),
    "below_recent": Word("Cảnh báo sớm 30 ngày"),
    "pace": Word("Tiến độ không kịp"),
    "source_silent": Word("Nguồn không gửi dữ liệu"),
    "system_undocumented": Word("Hệ thống thiếu hồ sơ an toàn"),
    "system_unmonitored": Word("Hệ thống không được giám sát"),
    "link_down": Word("Đứt đường truyền"),
    "security_event": Word("Sự cố an toàn thông tin"),
    "report_due": Word("Đến hạn báo cáo"),
    "data_quality": Word("Chất lượng dữ liệu"),
}
"""As `services/api/wallboard/js/alert_words.js` has them."""
YES: Words = {"1": Word("↻ Lặp lại", SERIOUS), "0": Word("")}
REASON: Words = {token: Word(words.vi) for token, words in REASONS.items()}


def mapping(words: Words) -> list[ValueMapping]:
    """Tokens to words, as a field's value mappings."""
    results = {
        token: ValueMappingResult(text=word.text, color=word.color or None, index=index)
        for index, (token, word) in enumerate(words.items())
    }
    return [ValueMap(options=results)]


def marks() -> list[ValueMapping]:
    """Colours of texts that begin with the sign of a status; the text stays."""
    return [
        RegexMap(DashboardRegexMapOptions(pattern=f"/^{mark}/", result=ValueMappingResult(color=color, index=index)))
        for index, (mark, color) in enumerate(_MARKS.values())
    ]


def nothing(text: str) -> list[ValueMapping]:
    """What stands for a number that is not there yet."""
    result = ValueMappingResult(text=text, index=0)
    return [SpecialValueMap(DashboardSpecialValueMapOptions(match=SpecialValueMatch.NULL_AND_NAN, result=result))]
