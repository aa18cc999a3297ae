"""What the alerts read, on the real engine: tables filled by the real scoring, and the board as the measure."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from clickhouse_connect.driver.client import Client

from services.alerts.background import FILINGS_ASKED, read_last_told, read_tipping, with_background
from services.alerts.finding import Scope
from services.alerts.look import read_beside, read_quality, read_snapshot
from services.alerts.policy_files import load_policies
from services.alerts.senses import board_senses
from services.alerts.snapshot import Snapshot
from services.alerts.state import AlertState, Change
from shared.contracts.event import Event
from shared.local_time import LOCAL
from shared.schema.projections import FIRST_VERSION
from shared.schema.statements import cells_to_judge
from tests.support.alert_snapshots import CATALOGUE, found
from tests.support.events import event, key_of
from tests.support.schema import OWNER_TOKEN
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


def seen(tables: ScoredTables, now: datetime = NOW, period: str = "2026") -> Snapshot:
    client = tables.schema.reader()

    def beside() -> dict[str, Any]:
        return {"quality": read_quality(client, now, CATALOGUE), **read_beside(client, now, CATALOGUE)}

    return read_snapshot(client, period, now, CATALOGUE, beside)


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


def test_what_alerts_look_at_is_the_view_of_the_board_column_by_column(tables: ScoredTables) -> None:
    """The same fragments, once as a query and once as a view: neither may be changed without the other."""
    tables.on_time(EVENTS)
    client, asked = tables.schema.reader(), {"period": "2026", "as_of": date(2026, 4, 10)}
    looked = client.query(cells_to_judge(tables.schema.database, FIRST_VERSION), parameters=asked)
    view = f"SELECT {', '.join(looked.column_names)} FROM board(period = {{period:String}}, as_of = {{as_of:Date}})"  # noqa: S608
    shown = client.query(f"{view} WHERE target >= 0", parameters=asked)
    assert sorted(looked.result_rows, key=repr) == sorted(shown.result_rows, key=repr)
    assert {row[looked.column_names.index("source_silent")] for row in looked.result_rows} == {True, False}


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
        {"thing": "procedure/1.004222", "missing": 3, "among": FILINGS_ASKED},
        {"thing": "procedure/1.004227", "missing": 1, "among": FILINGS_ASKED},
        {"thing": "/systems/dvc", "missing": 4},
    ]


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
