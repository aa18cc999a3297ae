"""The rules about sources, systems, lines, security events, reports and data quality, as tables."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.alerts.kinds import held_at
from services.alerts.kinds.report_due import reminder_day
from services.alerts.sights import duties
from services.alerts.snapshot import Duty, Links, Quality, SecurityEvent, Source, SystemSeen
from shared.contracts.alerts import Rule
from tests.support.alert_snapshots import CATALOGUE, LEVELS, NOW, found, policies, said, snapshot

MINUTE = timedelta(minutes=1)
SOURCE = Source("dvc", "Một cửa", "tt-pvhcc", "TT PVHCC", 2, None, NOW - timedelta(days=1), False, ("T09 Trực tuyến",))
SYSTEM = SystemSeen(
    "ioc", "IOC", "vp-ubnd", "Văn phòng", "in_use", True, False, "approved", "implemented", True, NOW - MINUTE, 15
)
SECURITY = SecurityEvent("ab" * 32, "so-y-te", "Sở Y tế", "high", "malware", "new", NOW, False)
QUALITY = Quality("dvc", "Một cửa", "tt-pvhcc", "TT PVHCC", events=1000, conflicts=0, late=0, rejected=0)


@pytest.mark.parametrize(
    ("changed", "truth", "reason"),
    [
        ({}, "clear", "heard"),
        ({"silent": True}, "breach", "silent"),
        ({"last_heard": None}, "breach", "silent"),
        # 1 July is a Wednesday: two working days before it is Monday, 29 June
        ({"last_heard": None, "silent": True, "awaited_since": date(2026, 7, 1)}, "neither", "not_yet_heard"),
        ({"last_heard": None, "silent": True, "awaited_since": date(2026, 6, 29)}, "neither", "not_yet_heard"),
        ({"last_heard": None, "silent": True, "awaited_since": date(2026, 6, 28)}, "breach", "silent"),
        ({"cadence_minutes": 15, "last_heard": NOW - 15 * MINUTE}, "clear", "heard"),
        ({"cadence_minutes": 15, "last_heard": NOW - 16 * MINUTE}, "breach", "silent"),
    ],
)
def test_a_source_is_silent_by_its_own_cadence(changed: dict[str, Any], truth: str, reason: str) -> None:
    assert said("source_silent", snapshot(sources=(replace(SOURCE, **changed),))) == (truth, reason)


def test_a_silent_source_names_the_indicators_that_it_makes_provisional() -> None:
    (one,) = found("source_silent", snapshot(sources=(replace(SOURCE, silent=True),)))
    assert one.scope.alert_id == "source_silent:dvc"
    assert (one.facts["provisional"], one.facts["cadence_working_days"]) == (["T09 Trực tuyến"], 2)


@pytest.mark.parametrize(
    ("changed", "truth", "reason"),
    [
        ({}, "clear", "documented"),
        ({"dossier": "submitted"}, "breach", "undocumented"),
        ({"plan": "partial"}, "breach", "undocumented"),
        ({"dossier": "none", "lifecycle": "building"}, "clear", "not_in_use"),
        ({"dossier": "none", "lifecycle": "retired"}, "clear", "not_in_use"),
        ({"reported": False, "dossier": "", "plan": ""}, "neither", "never_heard"),
        ({"reported": False, "taken_back": True, "dossier": ""}, "clear", "taken_back"),
    ],
)
def test_a_system_in_use_needs_dossier_and_plan(changed: dict[str, Any], truth: str, reason: str) -> None:
    assert said("system_undocumented", snapshot(systems=(replace(SYSTEM, **changed),))) == (truth, reason)


@pytest.mark.parametrize(
    ("changed", "truth", "reason"),
    [
        ({}, "clear", "monitored"),
        ({"last_beat": NOW - 15 * MINUTE}, "clear", "monitored"),
        ({"last_beat": NOW - 16 * MINUTE}, "breach", "heartbeat_missing"),
        ({"last_beat": NOW - 16 * MINUTE, "ttl_minutes": 60}, "clear", "monitored"),
        ({"last_beat": None}, "breach", "heartbeat_missing"),
        ({"monitored": False}, "breach", "not_monitored"),
        ({"monitored": None}, "breach", "not_monitored"),
        ({"monitored": None, "last_beat": None}, "breach", "not_monitored"),
        ({"monitored": None, "last_beat": None, "reported": False}, "neither", "never_heard"),
        ({"monitored": False, "lifecycle": "planned"}, "clear", "not_in_use"),
    ],
)
def test_a_system_in_use_is_monitored_by_the_minute(changed: dict[str, Any], truth: str, reason: str) -> None:
    assert said("system_unmonitored", snapshot(systems=(replace(SYSTEM, **changed),))) == (truth, reason)


@pytest.mark.parametrize(
    ("up", "down", "disconnected", "degraded"),
    [
        ((1, 2), (), ("clear", "line_up"), ("clear", "all_lines_up")),
        ((2,), (1,), ("clear", "line_up"), ("breach", "line_down")),
        ((), (1, 2), ("breach", "no_line"), ("neither", "no_line")),
        ((), (1,), ("breach", "no_line"), ("neither", "no_line")),
        ((1,), (), ("clear", "line_up"), ("clear", "all_lines_up")),
        ((), (), ("clear", "taken_back"), ("clear", "taken_back")),
    ],
)
def test_one_line_down_is_a_warning_and_none_up_is_critical(
    up: tuple[int, ...], down: tuple[int, ...], disconnected: tuple[str, str], degraded: tuple[str, str]
) -> None:
    lines = snapshot(links=(Links("xa-12004", "Xã Như Quỳnh", up, down, NOW),))
    first, second = found("link_down", lines)
    assert [(one.truth, one.reason) for one in (first, second)] == [disconnected, degraded]
    assert [(one.scope.thing, one.severity) for one in (first, second)] == [
        ("xa-12004:down", "critical"),
        ("xa-12004:degraded", "warning"),
    ]


@pytest.mark.parametrize(
    ("changed", "truth", "reason"),
    [
        ({}, "breach", "open"),
        ({"severity": "critical", "state": "acknowledged"}, "breach", "open"),
        ({"state": "closed"}, "clear", "closed"),
        ({"severity": "medium"}, "clear", "not_grave"),
        ({"severity": "", "state": "", "taken_back": True}, "clear", "taken_back"),
    ],
)
def test_a_grave_security_event_stays_open_until_its_source_closes_it(
    changed: dict[str, Any], truth: str, reason: str
) -> None:
    assert said("security_event", snapshot(security=(replace(SECURITY, **changed),))) == (truth, reason)


QUALITY_POLICY = {"min_denominator": 200, "margin_points": 5, "clear_points": 2}


@pytest.mark.parametrize(
    ("changed", "thing", "truth", "reason"),
    [
        ({"conflicts": 51}, "dvc:conflicts", "breach", "too_many_faults"),
        ({"conflicts": 50}, "dvc:conflicts", "neither", "within_hysteresis"),
        ({"late": 30}, "dvc:late", "clear", "few_faults"),
        ({"late": 51}, "dvc:late", "breach", "too_many_faults"),
        ({"rejected": 53}, "dvc:rejected", "breach", "too_many_faults"),
        ({"rejected": 52}, "dvc:rejected", "neither", "within_hysteresis"),
        ({"events": 199, "late": 199}, "dvc:late", "neither", "too_few_events"),
        ({"events": 0, "rejected": 200}, "dvc:rejected", "breach", "too_many_faults"),
    ],
)
def test_data_quality_by_source_and_measure(changed: dict[str, Any], thing: str, truth: str, reason: str) -> None:
    seen = snapshot(quality=(replace(QUALITY, **changed),))
    by_thing = {one.scope.thing: one for one in found("data_quality", seen, policies("data_quality", **QUALITY_POLICY))}
    assert (by_thing[thing].truth, by_thing[thing].reason) == (truth, reason)


DUTY = Duty("so-tu-phap", "Sở Tư pháp", "bc-cds-nam", "Báo cáo năm", "2026", "năm 2026", date(2026, 11, 14), False)
REMINDERS = policies("report_due", remind_before_days=(9, 4, 1, 0))


def at(text: str) -> datetime:
    """A local moment."""
    return datetime.fromisoformat(f"{text}+07:00").astimezone(UTC)


def open_on(day: str, duty: Duty = DUTY) -> list[str]:
    """Things that are a breach at a local moment."""
    seen = found("report_due", snapshot(at(day), duties=(duty,)), REMINDERS)
    return [one.scope.thing.rpartition(":")[2] for one in seen if one.truth == "breach"]


def test_reminders_of_the_report_before_15_november_come_on_working_days_and_overdue_at_midnight() -> None:
    told = {day: open_on(f"2026-{day}T08:00") for day in _november()}
    assert {day: steps for day, steps in told.items() if steps and day < "11-15"} == {
        "11-02": ["9d"],
        "11-09": ["4d"],
        "11-12": ["1d"],
        "11-13": ["0d"],
    }
    assert open_on("2026-11-14T23:59") == []
    assert open_on("2026-11-15T00:00") == ["overdue"]
    assert open_on("2026-12-20T00:00") == ["overdue"]


def _november() -> list[str]:
    first = date(2026, 10, 20)
    return [(first + timedelta(days=n)).strftime("%m-%d") for n in range(35)]


def test_what_was_submitted_is_neither_reminded_of_nor_overdue() -> None:
    sent = replace(DUTY, submitted=True)
    for day in _november():
        assert open_on(f"2026-{day}T08:00", sent) == []
    seen = found("report_due", snapshot(at("2026-11-16T08:00"), duties=(sent,)), REMINDERS)
    ends = {(one.truth, one.reason) for one in seen}
    assert ends == {("clear", "submitted"), ("clear", "reminder_over")}


def test_a_reminder_ends_with_its_day_without_claiming_that_the_report_is_there() -> None:
    seen = found("report_due", snapshot(at("2026-11-03T00:00"), duties=(DUTY,)), REMINDERS)
    assert [(one.scope.thing, one.reason, one.severity) for one in seen] == [
        ("so-tu-phap:bc-cds-nam:2026:9d", "reminder_over", "info")
    ]


def test_the_last_reminder_of_a_due_day_that_is_worked_is_on_that_day() -> None:
    assert reminder_day(date(2026, 6, 19), 0, CATALOGUE.working_days) == date(2026, 6, 19)
    assert reminder_day(date(2026, 11, 14), 0, CATALOGUE.working_days) == date(2026, 11, 13)


def test_the_plans_two_duties_are_owed_by_the_province_and_by_all_units() -> None:
    owed = duties([], date(2026, 11, 2), CATALOGUE)
    year = [one for one in owed if one.code == "bc-cds-nam"]
    assert len(year) == 116
    assert {one.due for one in year} == {date(2026, 11, 14)}
    assert {one.unit for one in owed if one.code == "bc-cds-6-thang"} == {"so-khcn"}
    assert {one.code for one in owed} == {"bc-cds-nam", "bc-cds-6-thang"}
    assert {one.period_vi for one in owed} == {"năm 2026", "6 tháng đầu năm 2026", "6 tháng cuối năm 2026"}


def test_a_duty_is_done_when_its_report_was_submitted_on_the_system() -> None:
    row = {"type": "report.submitted", "part": 1, "standing": 1, "subject": "report/so-tu-phap/bc-cds-nam/2026"}
    off_system = {**row, "part": 0, "subject": "report/so-y-te/bc-cds-nam/2026"}
    taken_back = {**row, "standing": 0, "subject": "report/so-gddt/bc-cds-nam/2026"}
    done = [one.unit for one in duties([row, off_system, taken_back], date(2026, 11, 2), CATALOGUE) if one.submitted]
    assert done == ["so-tu-phap"]


def test_what_was_due_before_any_report_was_heard_of_is_not_called_missing() -> None:
    """A platform that is installed after 15 November does not accuse 116 units."""
    said = {"type": "report.submitted", "part": 1, "standing": 1, "subject": "report/so-tu-phap/bc-thang/2026-11"}

    def overdue(rows: list[dict[str, Any]]) -> set[tuple[str, str]]:
        owed = duties(rows, date(2026, 11, 23), CATALOGUE)
        seen = found("report_due", snapshot(at("2026-11-23T08:00"), duties=owed), REMINDERS)
        return {(one.truth, one.reason) for one in seen if one.scope.thing.endswith("bc-cds-nam:2026:overdue")}

    assert overdue([]) == {("neither", "due_before_any_data")}
    assert overdue([{**said, "first": at("2026-11-15T00:00")}]) == {("neither", "due_before_any_data")}
    assert overdue([{**said, "first": at("2026-11-14T23:59")}]) == {("breach", "overdue")}


@pytest.mark.parametrize(
    ("rule", "then", "held"),
    [
        ("security_event", {"security": (SECURITY,)}, True),
        ("security_event", {"security": (replace(SECURITY, taken_back=True, severity=""),)}, False),
        ("security_event", {}, False),
    ],
)
def test_an_event_that_was_taken_back_withdraws_its_alert(rule: Rule, then: dict[str, Any], held: bool) -> None:
    scope = found("security_event", snapshot(security=(SECURITY,)))[0].scope
    assert scope.rule == rule
    assert held_at(scope, snapshot(**then), policies()) is held


def test_every_unit_of_a_duty_has_a_level_that_policies_can_name() -> None:
    assert {LEVELS[one.unit] for one in duties([], date(2026, 11, 2), CATALOGUE)} == {"province", "commune"}
