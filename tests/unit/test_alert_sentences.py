"""Every rule in every state says one Vietnamese sentence: no gap, no English token, no wrong comparison."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import pytest

from services.alerts.finding import Finding
from services.alerts.kinds import CELL_RULES, KINDS, then_facts
from services.alerts.policy import RULES
from services.alerts.sentence import BESIDE, evidence, sentence_vi
from services.alerts.snapshot import Cell, Duty, Links, Quality, SecurityEvent, Snapshot, Source, SystemSeen
from services.alerts.state import Acknowledgement, AlertState, Change, ChangeKind, StateName
from shared.contracts.alerts import Rule
from tests.support.alert_snapshots import NOW, cell, found, policies, snapshot

BELOW = cell(1428, 2000, recent_num=141, recent_den=200, expected_den=2000)
WELL = cell(1700, 2000, recent_num=141, recent_den=200, expected_den=2000)
LOST = cell(100, 2000, recent_num=5, recent_den=200, expected_den=100)
SILENT = Source(
    "dvc",
    "Hệ thống một cửa",
    "tt-pvhcc",
    "Trung tâm PVHCC",
    2,
    None,
    NOW - timedelta(days=5),
    True,
    ("T09 Trực tuyến",),
)
BARE = SystemSeen(
    "ioc", "Trung tâm điều hành", "vp-ubnd", "Văn phòng UBND tỉnh", "in_use", True, False, "submitted", "none", True,
    NOW - timedelta(hours=2), 15,
)  # fmt: skip
EVENT = SecurityEvent("ab" * 32, "so-y-te", "Sở Y tế", "critical", "data_leak", "new", NOW, False)
DUTY = Duty("so-tu-phap", "Sở Tư pháp", "bc-cds-nam", "Báo cáo kết quả", "2026", "năm 2026", date(2026, 11, 14), False)
FAULTY = Quality("dvc", "Hệ thống một cửa", "tt-pvhcc", "Trung tâm PVHCC", 1000, 70, 80, 90)
REMINDED = datetime(2026, 11, 2, 1, tzinfo=UTC)

SEEN: dict[Rule, Snapshot] = {
    "below_target": snapshot(cells=(BELOW,)),
    "below_recent": snapshot(cells=(WELL,)),
    "pace": snapshot(cells=(BELOW,)),
    "source_silent": snapshot(sources=(SILENT,)),
    "system_undocumented": snapshot(systems=(BARE,)),
    "system_unmonitored": snapshot(systems=(BARE,)),
    "link_down": snapshot(links=(Links("xa-12004", "Xã Như Quỳnh", (), (1, 2), NOW),)),
    "security_event": snapshot(security=(EVENT,)),
    "report_due": snapshot(REMINDED, duties=(DUTY,)),
    "data_quality": snapshot(quality=(FAULTY,)),
}
STATES: tuple[StateName, ...] = get_args(StateName)
CHANGES: tuple[ChangeKind, ...] = get_args(ChangeKind)
USING = policies(min_denominator=30, margin_points=0, remind_before_days=(9, 4, 1, 0))
LATIN = re.compile(r"[A-Za-z]+_[a-z_]+|\b(?:the|and|from|below|above|target|None|null|True|False|firing|resolved)\b")


def change(seen: Finding, to: StateName, kind: ChangeKind = "state", **facts: Any) -> Change:
    state = AlertState(to, 3, since=NOW, fired_at=NOW)
    return Change(seen.scope, kind, "ok", state, seen.reason, NOW, "warning", {**seen.facts, **facts})


def finding(rule: Rule) -> Finding:
    return next(one for one in KINDS[rule](SEEN[rule], USING) if one.truth in {"breach", "lost"})


@pytest.mark.parametrize("kind", CHANGES)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_sentence_for_every_change(rule: Rule, state: StateName, kind: ChangeKind) -> None:
    seen = finding(rule)
    for facts in ({}, then_facts(BELOW)):
        said = sentence_vi(change(seen, state, kind, **facts))
        assert said.endswith(".")
        assert said.count("..") == 0
        assert not LATIN.search(said), said
    assert sentence_vi(replace(change(seen, state, kind), facts={})).startswith("Cảnh báo ")


def test_what_stands_beside_the_state_has_words_for_every_kind() -> None:
    assert set(BESIDE) | {"state"} == set(CHANGES)


def said_by(rule: Rule, state: StateName, seen: Snapshot | None = None, **facts: Any) -> str:
    one = found(rule, seen or SEEN[rule], USING)[0]
    return sentence_vi(change(one, state, **facts))


def test_below_target_says_who_how_much_and_against_which_target() -> None:
    assert said_by("below_target", "firing") == (
        "Xã Như Quỳnh: Hồ sơ giải quyết trực tuyến toàn trình đạt 71,4% (1.428/2.000), "
        "chưa đạt chỉ tiêu từ 80% trở lên của kỳ 2026."
    )
    assert said_by("below_target", "resolved", snapshot(cells=(cell(1640, 2000),))) == (
        "Xã Như Quỳnh: Hồ sơ giải quyết trực tuyến toàn trình đạt 82% (1.640/2.000), "
        "đã đạt lại chỉ tiêu từ 80% trở lên của kỳ 2026."
    )


def test_a_withdrawn_alert_says_that_data_were_corrected_and_what_was_right() -> None:
    said = said_by("below_target", "withdrawn", snapshot(cells=(cell(1700, 2000),)), **then_facts(cell(1600, 2000)))
    assert said == (
        "Xã Như Quỳnh: cảnh báo về Hồ sơ giải quyết trực tuyến toàn trình đã rút: dữ liệu được đính chính, "
        "lúc phát cảnh báo số đúng là 80% (1.600/2.000)."
    )


def test_a_strict_target_that_is_met_exactly_is_not_called_under() -> None:
    said = said_by("below_target", "firing", snapshot(cells=(cell(90, 100, target=90, comparator=">"),)))
    assert "đạt 90% (90/100), chưa đạt chỉ tiêu trên 90% của kỳ 2026." in said
    assert "dưới" not in said


def test_back_within_the_margin_is_not_called_met() -> None:
    tolerant = policies("below_target", margin_points=5, clear_points=2)
    (one,) = found("below_target", snapshot(cells=(cell(98, 100, target=100, comparator="="),)), tolerant)
    assert sentence_vi(change(one, "resolved")).endswith(
        "đạt 98% (98/100), đã trở lại trên mức cảnh báo 95%, còn thiếu so với chỉ tiêu 100% của kỳ 2026."
    )


def test_pace_says_what_the_next_filings_must_bring() -> None:
    seen = snapshot(cells=(cell(745, 1000, recent_num=70, recent_den=100, expected_den=500),))
    assert said_by("pace", "firing", seen) == (
        "Xã Như Quỳnh: Hồ sơ giải quyết trực tuyến toàn trình đạt 74,5% (745/1.000); để đạt từ 80% trở lên đến 31/12, "
        "91% của 500 hồ sơ tiếp theo phải đạt, dự báo chỉ đạt 73% (khoảng 69,8% đến 75,7%)."
    )


def test_lost_says_that_even_a_perfect_rest_would_not_do() -> None:
    assert said_by("pace", "lost", snapshot(cells=(LOST,))).endswith(
        "đạt 5% (100/2.000), không thể đạt từ 80% trở lên trong kỳ 2026 "
        "kể cả khi toàn bộ 100 hồ sơ dự kiến còn lại đều đạt."
    )


def test_a_late_event_that_crosses_a_past_threshold_shows_its_own_time_sentry_50067() -> None:
    event = {"id": "e1", "time": "2026-03-02T01:30:00+00:00", "late": True}
    said = said_by("below_target", "firing", events=[event])
    assert said.endswith("của kỳ 2026; do sự kiện lúc 08:30 ngày 02/03/2026 đến muộn.")
    frozen = evidence(change(finding("below_target"), "firing", events=[event]), "p1")
    assert frozen["events"][0]["time"] == "2026-03-02T01:30:00+00:00"


OPENINGS: dict[Rule, str] = {
    "source_silent": (
        "Nguồn Hệ thống một cửa không gửi dữ liệu từ 15:00 ngày 26/06/2026 (chu kỳ 2 ngày làm việc); "
        "số liệu tạm tính: T09 Trực tuyến."
    ),
    "system_undocumented": (
        "Văn phòng UBND tỉnh: hệ thống Trung tâm điều hành đang sử dụng khi hồ sơ cấp độ chưa được phê duyệt "
        "và chưa triển khai phương án bảo đảm an toàn."
    ),
    "system_unmonitored": (
        "Văn phòng UBND tỉnh: hệ thống Trung tâm điều hành không có tín hiệu giám sát quá 15 phút, "
        "lần gần nhất 13:00 ngày 01/07/2026."
    ),
    "link_down": (
        "Xã Như Quỳnh: Mạng truyền số liệu chuyên dùng mất kết nối hoàn toàn (đường truyền 1, 2) "
        "từ 15:00 ngày 01/07/2026."
    ),
    "security_event": (
        "Sở Y tế: sự cố an toàn thông tin mức nghiêm trọng (lộ, lọt dữ liệu), mới phát hiện, "
        "ghi nhận lúc 15:00 ngày 01/07/2026."
    ),
    "report_due": (
        "Sở Tư pháp: Báo cáo kết quả (năm 2026) còn 9 ngày làm việc đến hạn 14/11/2026, chưa nộp trên hệ thống."
    ),
    "data_quality": (
        "Nguồn Hệ thống một cửa: 7 ngày qua 7% dữ liệu xung đột nội dung (70/1.000), vượt mức cho phép 0%."
    ),
}


@pytest.mark.parametrize("rule", OPENINGS)
def test_things_say_what_is_wrong(rule: Rule) -> None:
    assert said_by(rule, "firing") == OPENINGS[rule]


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-11-12", "còn 1 ngày làm việc đến hạn 14/11/2026"),
        ("2026-11-13", "hôm nay là ngày làm việc cuối cùng trước hạn 14/11/2026"),
        ("2026-11-15", "đã quá hạn 14/11/2026"),
    ],
)
def test_reminders_count_working_days_down(day: str, said: str) -> None:
    now = datetime.fromisoformat(f"{day}T08:00:00+07:00")
    last = [one for one in found("report_due", snapshot(now, duties=(DUTY,)), USING) if one.truth == "breach"][-1]
    assert said in sentence_vi(change(last, "firing"))


def test_an_acknowledgement_says_until_when() -> None:
    taken = change(finding("below_target"), "firing", "acknowledged")
    until = Acknowledgement("don-vi", NOW, NOW + timedelta(hours=4))
    assert sentence_vi(replace(taken, state=replace(taken.state, acknowledgement=until))).endswith(
        "– đã có người tiếp nhận đến 19:00 ngày 01/07/2026."
    )


def test_evidence_holds_the_facts_and_under_which_policy_they_were_judged() -> None:
    frozen = evidence(change(finding("below_target"), "firing"), "p1")
    assert (frozen["numerator"], frozen["denominator"], frozen["target"], frozen["legal_row"]) == (
        1428,
        2000,
        80,
        "PL01-11",
    )
    assert (frozen["policy_version"], frozen["catalogue_version"], frozen["previous_state"]) == ("p1", "v1", "ok")
    assert frozen["watermark"][0]["offset"] == 41
    assert evidence(replace(change(finding("pace"), "firing"), facts={}), "p1") == {}


THIN = {
    "lost without any recent event": cell(100, 2000, recent_num=0, recent_den=0, expected_den=100),
    "nothing expected any more": cell(1428, 2000, recent_num=1, recent_den=2, expected_den=0),
    "no occurrence": cell(0, 0),
    "too few": cell(1, 2, recent_num=1, recent_den=2, expected_den=1),
    "its source is silent": cell(1428, 2000, recent_num=14, recent_den=20, expected_den=2000, source_silent=True),
}
"""Cells of which a rule can say little: alerts that stand open are escalated and released all the same."""


@pytest.mark.parametrize("thin", THIN.values(), ids=THIN)
@pytest.mark.parametrize("rule", sorted(CELL_RULES))
def test_a_figures_alert_has_its_words_in_every_state_however_little_is_known_of_its_cell(
    rule: Rule, thin: Cell
) -> None:
    (seen,) = found(rule, snapshot(cells=(thin,)), USING)
    for state in STATES:
        for kind in CHANGES:
            said = sentence_vi(change(seen, state, kind))
            assert "Xã Như Quỳnh" in said, (state, kind)
            assert not LATIN.search(said), said


def test_a_fact_that_nobody_thought_of_ends_no_evaluator() -> None:
    (seen,) = found("link_down", SEEN["link_down"], USING)[:1]
    assert sentence_vi(change(replace(seen, facts={"since": ""}), "firing")) == "Cảnh báo đường truyền."
