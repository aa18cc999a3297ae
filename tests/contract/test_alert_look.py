"""What the alerts read, on the real engine: tables filled by the real scoring, and the board as the measure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from services.alerts.background import read_last_told, read_tipping, with_background
from services.alerts.finding import Scope
from services.alerts.hindsight import ASKED_AT_ONCE, read_cells_known_now
from services.alerts.look import LOCAL, read_snapshot
from services.alerts.policy import Policy
from services.alerts.policy_files import load_policies
from services.alerts.senses import board_senses
from services.alerts.sentence import sentence_vi
from services.alerts.settling import Question
from services.alerts.snapshot import Cell, Snapshot
from services.alerts.state import AlertState, Change
from shared.contracts.event import Event
from tests.support.alert_snapshots import CATALOGUE, found, policies
from tests.support.engine import EngineProcess
from tests.support.events import event, key_of
from tests.support.schema import OWNER_TOKEN, Schema, create_schema
from tests.support.scored_tables import ScoredTables
from tests.unit.test_readings_cases import CASES, accepted

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Figures = tuple[int, int, int, int | None, int | None, int]
Board = dict[tuple[str, str], Figures]

EVENTS = [accepted(event) for case in CASES for event in case.events]


def us(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(microseconds=1)


def board(client: Client, as_of: date, period: str = "2026") -> Board:
    rows = client.query(
        "SELECT figure, unit, num, den, no_data, recent_num, recent_den, expected_den "
        "FROM board(period = {period:String}, as_of = {as_of:Date}) WHERE target >= 0",
        parameters={"period": period, "as_of": as_of},
    ).result_rows
    return {(row[0], row[1]): tuple(row[2:]) for row in rows}


def known(client: Client, cells: Iterable[tuple[str, str]], instant: datetime) -> Board:
    asked = [(Scope("below_target", "", unit, "", figure, "2026"), instant) for figure, unit in cells]
    return {(cell.figure, cell.unit): figures_of(cell) for cell in read_cells_known_now(client, asked)}


def figures_of(cell: Cell) -> Figures:
    return cell.num, cell.den, cell.no_data, cell.recent_num, cell.recent_den, cell.expected_den


@pytest.fixture(scope="module")
def databases(engine: EngineProcess) -> tuple[Schema, Schema]:
    return create_schema(engine), create_schema(engine)


@pytest.mark.parametrize("instant", ["2026-03-02T09:30", "2026-04-10T12:00"])
def test_a_cell_as_known_now_counts_nothing_that_happened_after_the_instant(
    databases: tuple[Schema, Schema], instant: str
) -> None:
    """All cases of the readings; the measure is a board that never heard of what came later, only of retractions."""
    moment = datetime.fromisoformat(f"{instant}:00").replace(tzinfo=LOCAL)
    whole, until = (ScoredTables(schema) for schema in databases)
    whole.on_time(EVENTS)
    until.on_time(e for e in EVENTS if e.time <= us(moment) or e.type == "event.retracted")
    client, as_of = whole.schema.reader(), moment.date()
    expected, now = board(until.schema.reader(), as_of), board(client, as_of)
    moved = {cell for cell in expected.keys() & now.keys() if expected[cell] != now[cell]}
    sample = moved | set(sorted(expected)[:: len(expected) // 12])
    told = known(client, sample, moment)
    assert told == {cell: expected[cell] for cell in sample}
    assert moved


def test_cells_asked_together_at_different_instants_are_as_if_each_were_asked_alone(
    databases: tuple[Schema, Schema],
) -> None:
    """More questions than one request holds; cells at several instants and one that nobody knows."""
    tables = ScoredTables(databases[0])
    tables.on_time(EVENTS)
    client = tables.schema.reader()
    cells = sorted(board(client, date(2026, 4, 10)))[::30]
    instants = [datetime(2026, month, 2, 9, 30, tzinfo=LOCAL) for month in (3, 4)]
    asked = [(Scope("pace", "", unit, "", figure, "2026"), one) for figure, unit in cells for one in instants]
    asked.append((Scope("pace", "", "xa-khong-co", "", "filing_full_online", "2026"), instants[0]))
    together = read_cells_known_now(client, asked)
    some = slice(None, None, len(asked) // 8)
    assert len(asked) > ASKED_AT_ONCE
    assert together[some] == [read_cells_known_now(client, [one])[0] for one in asked[some]]
    assert (together[-1].den, together[-1].target) == (0, -1)
    assert len({figures_of(cell) for cell in together}) > 10


NOW = datetime(2026, 3, 10, 10, tzinfo=LOCAL)
USED = {"lifecycle": "in_use", "dossier": "approved", "plan": "implemented"}


def told(kind: str, subject: str, when: str, data: dict[str, Any], **attributes: Any) -> Event:
    """An event of the SOC for the province's office unless told otherwise; `when` is local, in March."""
    said = {"source": "/systems/soc", "unit": "vp-ubnd", "time": f"2026-03-{when}:00+07:00"} | attributes
    return accepted(event(kind, subject, data, **said))


def line(unit: str, number: int, state: str, when: str) -> Event:
    return told(
        "link.changed", f"network/{unit}", when, {"line": number, "state": state}, source="/systems/tslcd", unit=unit
    )


def security(name: str, state: str, when: str, **attributes: Any) -> Event:
    data = {"severity": "high", "category": "malware", "state": state}
    return told("security.alert", f"security/{key_of(name)}", when, data, **attributes)


def taken_back(one: Event, when: str) -> Event:
    return told("event.retracted", one.subject, when, {"id": one.id}, source=one.source, unit=one.unit)


@pytest.fixture
def tables(databases: tuple[Schema, Schema]) -> ScoredTables:
    return ScoredTables(databases[0])


def seen(tables: ScoredTables, now: datetime = NOW, period: str = "2026") -> Snapshot:
    return read_snapshot(tables.schema.reader(), period, now, CATALOGUE)


def test_a_snapshot_holds_the_boards_cells_with_names_and_the_watermark_of_the_same_query(
    tables: ScoredTables,
) -> None:
    tables.on_time(accepted(one) for one in CASES[0].events)
    snapshot = seen(tables)
    rows = board(tables.schema.reader(), NOW.date())
    assert {(c.figure, c.unit): (c.num, c.den, c.no_data) for c in snapshot.cells} == {
        cell: figures[:3] for cell, figures in rows.items()
    }
    office = next(c for c in snapshot.cells if (c.figure, c.unit) == ("network_coverage", "vp-ubnd"))
    assert (office.unit_vi, office.counted_vi) == (CATALOGUE.units["vp-ubnd"].name_vi, "cơ quan")
    assert [(mark.partition, mark.offset) for mark in snapshot.watermark] == [(0, len(CASES[0].events) - 1)]


def test_gds_the_alert_and_the_board_say_the_same_number(tables: ScoredTables) -> None:
    """Two pages that disagree are believed by nobody: integers, target, rounded percent, and which side it is on."""
    tables.on_time(EVENTS)
    columns = "figure, unit, num, den, percent, target, comparator, legal_row, status"
    query = f"SELECT {columns} FROM board(period = '2026', as_of = {{day:Date}}) WHERE target >= 0"  # noqa: S608
    rows = tables.schema.reader().query(query, parameters={"day": date(2026, 4, 10)}).result_rows
    whole = seen(tables, datetime(2026, 4, 10, 10, tzinfo=LOCAL))
    heard = replace(whole, cells=tuple(replace(one, source_silent=False) for one in whole.cells))
    looked = found("below_target", heard)
    names = ("numerator", "denominator", "percent", "target", "comparator", "legal_row")
    said = {(one.scope.figure, one.scope.unit): tuple(one.facts[name] for name in names) for one in looked}
    assert said == {(row[0], row[1]): tuple(row[2:8]) for row in rows}
    sides = {(row[0], row[1]): row[8] for row in rows}
    breaches = {(one.scope.figure, one.scope.unit) for one in looked if one.truth == "breach"}
    assert breaches
    assert {sides[cell] for cell in breaches} == {"below"}
    assert {sides[one.scope.figure, one.scope.unit] for one in looked if one.truth == "clear"} == {"met"}


def test_a_new_installation_without_data_tells_nobody_of_anything(tables: ScoredTables) -> None:
    """Registers are seeded, five sources were never heard and 117 reports were due before: none of that is news yet."""
    using = load_policies(CATALOGUE)
    senses = board_senses(tables.schema.reader(), using, CATALOGUE)
    first = senses.look(datetime(2026, 11, 23, 10, tzinfo=LOCAL))
    assert [one.scope.alert_id for one in first.findings if one.truth in {"breach", "lost"}] == []
    later = senses.look(datetime.now(LOCAL) + timedelta(days=60))
    open_then = {
        one.scope.alert_id for one in later.findings if one.truth == "breach" and one.scope.rule != "report_due"
    }
    assert open_then == {f"source_silent:{code}" for code in ("bao-cao", "soc", "qlvb", "sso", "dvc")}


def test_of_a_period_that_is_over_only_the_cells_are_seen(tables: ScoredTables) -> None:
    snapshot = seen(tables, datetime(2027, 1, 5, 10, tzinfo=LOCAL))
    assert snapshot.cells
    assert {c.as_of for c in snapshot.cells} == {date(2026, 12, 31)}
    assert (snapshot.sources, snapshot.systems, snapshot.duties, snapshot.quality) == ((), (), (), ())


def test_a_system_is_what_its_newest_effective_events_say(tables: ScoredTables) -> None:
    wrong = told("system.changed", "system/ioc", "03T08:00", USED | {"plan": "none"}, id="wrong")
    tables.on_time(
        [
            told("system.changed", "system/ioc", "02T08:00", USED, id="first"),
            wrong,
            told("system.monitoring_changed", "system/ioc", "02T08:00", {"monitored": True}),
            told("system.heartbeat", "system/ioc", "10T09:50", {"state": "up"}, id="b1"),
            told("system.heartbeat", "system/ioc", "10T09:55", {"state": "down"}, id="b2"),
            told("system.changed", "system/lgsp", "02T08:00", USED | {"dossier": "none"}, id="gone", unit="so-khcn"),
            told("event.retracted", "system/lgsp", "04T08:00", {"id": "gone"}, unit="so-khcn"),
        ]
    )
    by_code = {one.code: one for one in seen(tables).systems}
    ioc = by_code["ioc"]
    assert (ioc.plan, ioc.monitored, ioc.lifecycle, ioc.reported) == ("none", True, "in_use", True)
    assert ioc.last_beat == datetime(2026, 3, 10, 9, 50, tzinfo=LOCAL)
    assert (by_code["lgsp"].reported, by_code["lgsp"].taken_back, by_code["lgsp"].lifecycle) == (False, True, "in_use")
    assert (by_code["sso"].reported, by_code["sso"].taken_back) == (False, False)
    tables.on_time([taken_back(wrong, "10T09:00")])
    assert next(one for one in seen(tables).systems if one.code == "ioc").plan == "implemented"


def test_a_repetition_does_not_hide_the_newest_state_nor_does_the_future_show(tables: ScoredTables) -> None:
    down = line("xa-12004", 1, "down", "05T08:00")
    tables.on_time([line("xa-12004", 1, "up", "02T08:00"), line("xa-12004", 2, "up", "02T08:00"), down])
    tables.deliver([(down, us(NOW)), (line("xa-12004", 1, "up", "11T08:00"), us(NOW) + 1_000_000)])
    (links,) = seen(tables).links
    assert (links.unit, links.up, links.down) == ("xa-12004", (2,), (1,))
    assert links.since == datetime(2026, 3, 5, 8, tzinfo=LOCAL)
    (later,) = seen(tables, NOW + timedelta(days=2)).links
    assert (later.up, later.down) == ((1, 2), ())


def test_security_events_are_open_closed_or_taken_back(tables: ScoredTables) -> None:
    gone = security("gone", "new", "03T08:00")
    tables.on_time([security("open", "new", "03T08:00"), security("over", "new", "03T08:00"), gone])
    tables.on_time([security("over", "closed", "04T08:00"), taken_back(gone, "05T08:00")])
    states = {one.key: (one.severity, one.state, one.taken_back) for one in seen(tables).security}
    assert states == {
        key_of("open"): ("high", "new", False),
        key_of("over"): ("high", "closed", False),
        key_of("gone"): ("", "", True),
    }
    assert {one.unit for one in seen(tables).security} == {"vp-ubnd"}


def test_what_was_taken_back_is_known_now_not_to_have_been_then(tables: ScoredTables) -> None:
    gone, stands = security("gone", "new", "03T08:00"), security("stands", "new", "03T08:00")
    tables.on_time([gone, stands])
    scopes = {one.scope for one in found("security_event", seen(tables)) if one.truth == "breach"}
    tables.on_time([taken_back(gone, "05T08:00"), security("stands", "closed", "05T08:00")])
    senses = board_senses(tables.schema.reader(), policies(), CATALOGUE)
    fired = datetime(2026, 3, 4, tzinfo=LOCAL)
    held = senses.held_then([Question(scope, fired, Policy()) for scope in scopes])
    assert held == {f"security_event:{key_of('gone')}": False, f"security_event:{key_of('stands')}": True}


def test_what_cannot_be_read_in_hindsight_has_no_answer_and_keeps_no_alert_from_being_told(
    engine: EngineProcess,
) -> None:
    """The views behind are gone: ends wait, and a change is told without what lies behind it."""
    tables = ScoredTables(create_schema(engine))
    tables.on_time([round_of(n, "on_site", f"0{n}T08:00") for n in range(2, 10)])
    change = change_of(seen(tables), "so-y-te")
    for view in ("cells_as_known", "ledger"):
        tables.schema.writer().command(f"DROP VIEW {view}")
    senses = board_senses(tables.schema.reader(), policies(), CATALOGUE)
    silent = Scope("source_silent", "dvc", "tt-pvhcc")
    asked = [Question(one, NOW, Policy()) for one in (change.scope, silent)]
    assert senses.held_then(asked) == {silent.alert_id: True}
    assert senses.background([change], {}) == [change]


def test_duties_know_what_was_submitted_on_the_system(tables: ScoredTables) -> None:
    def submitted(unit: str, *, on_system: bool) -> Event:
        subject = f"report/{unit}/bc-cds-nam/2026"
        return told(
            "report.submitted", subject, "05T08:00", {"on_system": on_system}, source="/systems/bao-cao", unit=unit
        )

    back = submitted("so-y-te", on_system=True)
    tables.on_time([submitted("so-tu-phap", on_system=True), submitted("so-gddt", on_system=False), back])
    tables.on_time([taken_back(back, "06T08:00")])
    assert [one.unit for one in seen(tables).duties if one.submitted] == ["so-tu-phap"]


def test_sources_are_heard_or_silent_and_their_faults_are_counted(tables: ScoredTables) -> None:
    first = security("a", "new", "09T08:00", id="same")
    other = security("a", "closed", "09T08:00", id="same")
    late = security("b", "new", "05T08:00")
    tables.deliver([(first, first.time), (other, first.time), (late, us(NOW) - 60_000_000)])
    refused = ["/systems/soc", "r1", "vp-ubnd", "security.alert", "subject_format", "", "k", datetime.now(UTC)]
    columns = ["source", "id", "unit", "type", "reason", "pointer", "key_id", "at"]
    tables.schema.writer().insert("rejections", [refused], column_names=columns)
    snapshot = seen(tables)
    by_code = {one.code: one for one in snapshot.sources}
    soc = by_code["soc"]
    assert (soc.silent, soc.unit, soc.cadence_minutes) == (False, "cong-an", 15)
    assert soc.last_heard == datetime(2026, 3, 9, 8, tzinfo=LOCAL)
    assert (by_code["dvc"].silent, by_code["dvc"].last_heard) == (True, None)
    assert any(name.startswith("T09 ") for name in by_code["dvc"].indicators)
    (quality,) = snapshot.quality
    assert (quality.code, quality.events, quality.conflicts, quality.late, quality.rejected) == ("soc", 3, 1, 1, 1)


def change_of(snapshot: Snapshot, unit: str) -> Change:
    (one,) = [f for f in found("below_target", snapshot) if f.scope.unit == unit and f.scope.figure == FIGURE]
    return Change(one.scope, "state", "ok", AlertState("firing", 1), one.reason, NOW, "warning", one.facts, tell=True)


FIGURE = "inspection_online"


def round_of(number: int, mode: str, when: str) -> Event:
    return told(
        "inspection.completed",
        f"inspection/{key_of(str(number))}",
        when,
        {"mode": mode},
        source="/systems/bao-cao",
        unit="so-y-te",
        id=f"round-{number}",
    )


def test_what_tipped_a_cell_is_the_latest_that_moved_it_since_the_look_before(tables: ScoredTables) -> None:
    tables.on_time(round_of(n, "on_site", f"0{n}T08:00") for n in range(2, 10))
    scope = Scope("below_target", "", "so-y-te", FIGURE, FIGURE, "2026")
    client = tables.schema.reader()
    last = read_tipping(client, [scope], {})[FIGURE, "so-y-te"]
    assert [one["id"] for one in last] == ["round-9", "round-8", "round-7", "round-6", "round-5"]
    assert last[0] == {
        "source": "/systems/bao-cao",
        "id": "round-9",
        "type": "inspection.completed",
        "subject": f"inspection/{key_of('9')}",
        "time": "2026-03-09T01:00:00+00:00",
        "received": "2026-03-09T01:00:00+00:00",
        "late": False,
    }
    assert [one["id"] for one in read_tipping(client, [scope], {0: 6})[FIGURE, "so-y-te"]] == ["round-9"]
    assert read_tipping(client, [scope], {0: 7}) == {}


def test_a_late_event_and_a_retraction_are_told_as_what_tipped_it(tables: ScoredTables) -> None:
    first = round_of(1, "online_report", "02T08:00")
    tables.deliver([(first, us(NOW) - 10_000_000), (taken_back(first, "10T09:59"), us(NOW))])
    scope = Scope("below_target", "", "hung-yen", FIGURE, FIGURE, "2026")
    newest, late = read_tipping(tables.schema.reader(), [scope], {})[FIGURE, "hung-yen"]
    assert (newest["type"], newest["late"]) == ("event.retracted", False)
    assert (late["id"], late["late"], late["time"]) == ("round-1", True, "2026-03-02T01:00:00+00:00")


def test_a_change_gets_what_tipped_it_whose_misses_weigh_and_the_difference_to_what_was_told(
    tables: ScoredTables,
) -> None:
    tables.on_time(round_of(n, "on_site" if n > 3 else "online_report", f"0{n}T08:00") for n in range(2, 10))
    writer, client = tables.schema.writer(), tables.schema.reader()
    unit, province = change_of(seen(tables), "so-y-te"), change_of(seen(tables), "hung-yen")
    _record(writer, unit.scope.alert_id, '{"numerator": 1, "denominator": 4}')
    rich, whole = with_background(client, [unit, province], {0: 6})
    assert [one["id"] for one in rich.facts["events"]] == ["round-9"]
    assert rich.facts["contributors"] == [{"thing": "/systems/bao-cao", "missing": 6}]
    assert whole.facts["contributors"] == [{"thing": "so-y-te", "missing": 6}]
    assert rich.facts["difference"] == {
        "number": 3, "at": NOW.astimezone(UTC).isoformat(), "state": "firing", "numerator": 1, "denominator": 4
    }  # fmt: skip
    assert "difference" not in whole.facts
    assert read_last_told(client, [province.scope.alert_id]) == {}


def received(name: str, procedure: str, when: str) -> Event:
    data = {
        "procedure": procedure, "receiving_unit": "so-y-te", "channel": "direct", "full_online_offered": True,
        "result_is_document": True, "applicant_kind": "citizen", "due_at": "2026-03-16T17:00:00+07:00",
    }  # fmt: skip
    of = {"source": "/systems/dvc", "unit": "so-y-te", "id": f"f{name}"}
    return told("filing.received", f"filing/{key_of(name)}", when, data, **of)


def test_of_filings_that_miss_the_procedures_are_told(tables: ScoredTables) -> None:
    tables.on_time(received(str(n), "1.004222" if n < 3 else "1.004227", f"0{n + 1}T08:00") for n in range(5))
    scan = {"part": "components", "complete": True}
    tables.on_time(
        [told("filing.digitised", f"filing/{key_of('4')}", "06T08:00", scan, source="/systems/dvc", unit="so-y-te")]
    )
    snapshot = seen(tables)
    (one,) = [
        f
        for f in found("below_target", snapshot)
        if (f.scope.figure, f.scope.unit) == ("filing_digitised.components", "so-y-te")
    ]
    change = Change(one.scope, "state", "ok", AlertState("firing", 1), one.reason, NOW, "warning", one.facts)
    (rich,) = with_background(tables.schema.reader(), [change], {})
    assert rich.facts["contributors"] == [
        {"thing": "procedure/1.004222", "missing": 3, "among": 40},
        {"thing": "procedure/1.004227", "missing": 1, "among": 40},
        {"thing": "/systems/dvc", "missing": 4},
    ]


def test_a_withdrawn_change_says_what_was_right_then(tables: ScoredTables) -> None:
    wrong = round_of(9, "on_site", "03T08:00")
    tables.on_time([*(round_of(n, "online_report", f"0{n}T08:00") for n in range(1, 3)), wrong])
    senses = board_senses(tables.schema.reader(), policies(), CATALOGUE)
    fired = datetime(2026, 3, 4, tzinfo=LOCAL)
    before = change_of(seen(tables), "so-y-te")
    strict = Policy(min_denominator=1, margin_points=0)
    asked = [Question(before.scope, fired, strict), Question(before.scope, fired, strict, target=60)]
    assert [senses.held_then([one]) for one in asked] == [{before.scope.alert_id: True}, {before.scope.alert_id: False}]
    tables.on_time([taken_back(wrong, "05T08:00")])
    assert senses.held_then(asked[:1]) == {before.scope.alert_id: False}
    ended = replace(change_of(seen(tables), "so-y-te"), state=AlertState("withdrawn", 2, fired_at=fired))
    (rich,) = with_background(tables.schema.reader(), [ended], {})
    assert rich.facts["then"] == {"numerator": 2, "denominator": 2, "percent": 100.0}
    assert "lúc phát cảnh báo số đúng là 100% (2/2)" in sentence_vi(rich)


def _record(writer: Client, alert_id: str, evidence: str) -> None:
    writer.insert("alerts_owners", [[0, OWNER_TOKEN]], column_names=["partition", "token"])
    row = {
        "alert_id": alert_id,
        "number": 3,
        "to_state": "firing",
        "at": NOW,
        "evidence": evidence,
        "receivers": ["don-vi"],
        "token": OWNER_TOKEN,
    }
    untold = row | {"number": 4, "receivers": [], "evidence": "{}"}
    writer.insert("alert_transitions", [list(r.values()) for r in (row, untold)], column_names=list(row))


def test_a_correction_of_the_past_changes_what_is_known_now_and_a_later_fact_does_not(tables: ScoredTables) -> None:
    """A backlog that is digitised later is no correction: the alert about it was right when it fired."""
    tables.on_time(received(str(n), "1.004222", "02T08:00") for n in range(4))
    scope = Scope("below_target", "", "so-y-te", "filing_digitised", "filing_digitised.components", "2026")
    client = tables.schema.reader()

    def now() -> tuple[int, int]:
        (known,) = read_cells_known_now(client, [(scope, datetime(2026, 3, 3, tzinfo=LOCAL))])
        return known.num, known.den

    assert now() == (0, 4)
    scan = {"part": "components", "complete": True}
    of_one = {"source": "/systems/dvc", "unit": "so-y-te"}
    tables.on_time([told("filing.digitised", f"filing/{key_of('0')}", "05T08:00", scan, **of_one)])
    assert now() == (0, 4)
    forgotten = told("filing.digitised", f"filing/{key_of('1')}", "02T09:00", scan, **of_one)
    tables.deliver([(forgotten, us(NOW))])
    assert now() == (1, 4)
    wrong = told("event.retracted", f"filing/{key_of('2')}", "10T08:00", {"id": "f2"}, **of_one)
    tables.on_time([wrong])
    assert now() == (1, 3)
