"""Every query of every panel and variable, as Grafana sends it and as Grafana's account, over a simulated month.

The api answers beside it: what a panel shows is what the api says, for three periods and ten units.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from deploy.clickhouse.accounts import DATABASE, GRAFANA, grafana_on_the_engine
from tests.support.api import TODAY, ApiProcess, start_api
from tests.support.engine import start_engine
from tests.support.grafana_queries import PanelQuery, Screen, panel_queries, screen, variable_queries
from tests.support.planted_transitions import plant_transitions
from tests.support.schema import create_schema
from tests.support.scored_tables import ScoredTables
from tests.support.simulated import played, read_event, small_month

PASSWORD = "grafana of the test"
AS_OF = date(2026, 3, 31)
PERIODS = ("2026-03", "2026-Q1", "2026")
CHOSEN = {"unit": "hung-yen", "indicator": "filing_full_online", "figure": "filing_full_online"}
QUERIES, VARIABLES = list(panel_queries()), list(variable_queries())


@dataclass(frozen=True)
class Shown:
    """What a panel would get: names and database types of the columns, and rows by name."""

    columns: list[str]
    types: list[str]
    rows: list[dict[str, Any]]


@dataclass(frozen=True)
class Month:
    """The month on an engine; `show` asks as Grafana's account."""

    api: ApiProcess
    client: Client

    def show(self, sql: str, on: Screen) -> Shown:
        found = self.client.query(on.expanded(sql))
        names = list(found.column_names)
        types = [str(kind.name) for kind in found.column_types]
        return Shown(names, types, [dict(zip(names, row, strict=True)) for row in found.result_rows])

    def told(self, path: str) -> Any:
        answer = self.api.get(path, "operate")
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    folder = tmp_path_factory.mktemp("grafana")
    (folder / "password").write_text(PASSWORD)
    account = grafana_on_the_engine(folder / "password")
    engine = start_engine(folder / "engine", settings={"extra_readers": json.dumps(account)})
    schema = create_schema(engine, DATABASE)
    _, texts = played(small_month())
    ScoredTables(schema).on_time(map(read_event, texts))
    plant_transitions(schema, now=datetime(2026, 11, 23, 5, tzinfo=UTC))
    api = start_api(schema, folder)
    client = engine.server().client(GRAFANA, PASSWORD, database=DATABASE)
    yield Month(api, client)
    client.close()
    api.process.stop()
    engine.stop()


def of(board: str, title: str) -> str:
    """The query of one panel."""
    return next(query.sql for query in QUERIES if query.name == f"{board}/{title}")


def looking(query: PanelQuery) -> Screen:
    """Boards of the month's last day; alerts are those of the api's clock."""
    day = TODAY if "alert" in query.sql else AS_OF
    return screen(day, "2026-03" if day == AS_OF else "2026", **CHOSEN)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_a_panels_query_runs_as_grafana_and_gives_what_the_panel_needs(month: Month, query: PanelQuery) -> None:
    shown = month.show(query.sql, looking(query))
    assert shown.rows, "a panel without rows shows nothing"
    needed = {one["matcher"]["options"] for one in query.panel["fieldConfig"]["overrides"]}
    kind = query.panel["type"]
    if kind == "table":
        assert needed == set(shown.columns)
    elif kind == "timeseries":
        assert needed == set(shown.columns) - {"time"}
        assert "DateTime" in shown.types[shown.columns.index("time")]
        times = [row["time"] for row in shown.rows]
        assert times == sorted(set(times))
        assert all(isinstance(row[name], int | float | None) for row in shown.rows for name in needed)
    else:
        fields = query.panel["options"]["reduceOptions"]["fields"].strip("/^$()").split("|")
        assert needed | set(fields) <= set(shown.columns)
        if not query.panel["options"]["reduceOptions"]["values"]:
            assert len(shown.rows) == 1
    assert not [kind for kind in shown.types if kind.startswith(("Array", "Tuple", "Map"))]


@pytest.mark.parametrize(("name", "sql"), VARIABLES, ids=[name for name, _ in VARIABLES])
def test_a_variables_query_gives_values_with_their_texts(month: Month, name: str, sql: str) -> None:
    shown = month.show(sql, screen(AS_OF, "2026", **CHOSEN))
    assert len(shown.columns) in (1, 2)
    values = [row[shown.columns[0]] for row in shown.rows]
    assert len(values) == len(set(values)) > 0
    assert all(isinstance(value, str) and value for row in shown.rows for value in row.values())
    first = {"as_of": "2026-03-31", "period": "2026", "unit": "hung-yen"}
    assert values[0] == first.get(name, values[0])


def test_a_value_with_a_quote_stays_a_value(month: Month) -> None:
    hostile = screen(AS_OF, "2026", **CHOSEN | {"unit": "x' OR '1' = '1"})
    assert month.show(of("chitieu-unit", "Các chỉ tiêu của đơn vị"), hostile).rows == []


@pytest.mark.parametrize("period", PERIODS)
def test_units_and_province_show_the_apis_figures(month: Month, period: str) -> None:
    cells = {
        (cell["figure"], cell["unit"]): cell for cell in month.told(f"/v1/board?period={period}&as_of={AS_OF}")["cells"]
    }
    units = sorted({unit for (_, unit), cell in cells.items() if cell["den"]}, key=lambda unit: unit != "hung-yen")[:10]
    assert len(units) == 10
    for unit in units:
        shown = month.show(of("chitieu-unit", "Các chỉ tiêu của đơn vị"), screen(AS_OF, period, unit=unit))
        mine = [cell for (_, owner), cell in cells.items() if owner == unit]
        assert [said(row) for row in shown.rows] == [expected(cell) for cell in mine]
    tiles = month.show(of("chitieu-province", "Chỉ tiêu của tỉnh"), screen(AS_OF, period))
    assert {row["indicator"] for row in tiles.rows} == {key[0] for key in map(indicator_of, cells.values())}
    whole = [cell for (_, unit), cell in cells.items() if unit == "hung-yen" and cell["target"] is not None]
    signs = {"met": "✓", "below": "✗", "no_occurrence": "–"}
    wanted = [[signs[cell["status"]], expected(cell)[1].split()[0]] for cell in whole]
    assert [row["tile"].split()[:2] for row in tiles.rows] == wanted


def indicator_of(cell: dict[str, Any]) -> tuple[str]:
    return (cell["indicator"],)


def said(row: dict[str, Any]) -> tuple[str, str, str, str]:
    return row["indicator"], row["rate"], row["counted"], row["status"]


def expected(cell: dict[str, Any]) -> tuple[str, str, str, str]:
    """A cell of the api in the words of the panel."""
    percent = cell["percent"]
    rate = "không phát sinh" if percent is None else f"{percent:g}%".replace(".", ",")
    counted = f"{cell['num']:,} / {cell['den']:,}".replace(",", ".")
    return cell["indicator"], rate, counted, cell["status"]


@pytest.mark.parametrize("period", PERIODS)
def test_every_unit_of_an_indicator_and_its_rank_are_the_apis(month: Month, period: str) -> None:
    path = f"/v1/board?period={period}&as_of={AS_OF}&indicator=filing_full_online"
    cells = {cell["unit"]: cell for cell in month.told(path)["cells"]}
    on = screen(AS_OF, period, **CHOSEN)
    ranked = month.show(of("chitieu-indicator", "Xếp hạng các đơn vị"), on).rows
    assert {row["unit"]: said(row) for row in ranked} == {unit: expected(cell) for unit, cell in cells.items()}
    assert ranked[0]["unit"] == "hung-yen"
    gaps = [cells[row["unit"]]["percent"] for row in ranked[1:] if row["status"] == "below"]
    assert gaps == sorted(gaps)
    communes = month.show(of("chitieu-indicator", "Các xã, phường"), on).rows
    assert len(communes) == 104
    worst = month.show(of("chitieu-province", "Đơn vị cần quan tâm"), screen(AS_OF, period)).rows
    ranking = month.told(f"/v1/ranking?period={period}&as_of={AS_OF}&level=units&limit=8")["units"]
    assert [(row["unit"], row["below"], row["met"]) for row in worst] == [
        (one["unit"], one["below"], one["met"]) for one in ranking if one["below"]
    ]


def test_the_history_ends_at_the_apis_figure_and_its_exclusions_are_the_apis(month: Month) -> None:
    units = ["hung-yen", *sorted(one["unit"] for one in month.told("/v1/units?level=commune")["units"])[:9]]
    for unit, period in zip(units, cycle(PERIODS), strict=False):
        on = screen(AS_OF, period, **CHOSEN | {"unit": unit})
        (figure,) = month.told(f"/v1/cells/filing_full_online/{unit}?period={period}&as_of={AS_OF}")["figures"]
        points = month.show(of("chitieu-indicator", "Diễn biến của đơn vị so với mục tiêu"), on).rows
        ends = [point["percent"] for point in points][-1:] or [None]
        assert ends == [figure["cell"]["percent"]]
        assert {point["target"] for point in points} <= {figure["cell"]["target"]}
        reasons = month.show(of("chitieu-indicator", "Ngoài diện tính của đơn vị"), on).rows
        assert [(row["reason"], row["total"]) for row in reasons] == [
            (one["reason"], one["count"]) for one in figure["exclusions"]
        ]


def test_the_stamp_and_the_sources_are_the_apis(month: Month) -> None:
    stamp = month.told(f"/v1/stamp?period=2026&as_of={AS_OF}")
    (row,) = month.show(of("chitieu-unit", "Số liệu"), screen(AS_OF, "2026")).rows
    assert row["reporting"] == f"{stamp['sources_reporting']}/{stamp['sources_expected']}"
    assert row["catalogue_version"] == stamp["catalogue_version"]
    newest = max(datetime.fromisoformat(mark["received"]) for mark in stamp["watermark"])
    assert row["known_at"] == (newest + timedelta(hours=7)).strftime("%H:%M:%S %d/%m/%Y")
    sources = month.show(of("chitieu-unit", "Nguồn gửi số liệu"), screen(AS_OF, "2026", unit="hung-yen")).rows
    states = [source["state"] for source in sources]
    assert (len(states), states.count("sending")) == (stamp["sources_expected"], stamp["sources_reporting"])


def test_the_statistics_of_alerts_are_the_apis(month: Month) -> None:
    told = month.told("/v1/alerts/statistics")
    on = screen(TODAY, "2026")
    (attention,) = month.show(of("chitieu-alerts", "Thống kê 30 ngày"), on).rows
    assert attention["open"] == told["open"] == 3
    assert attention["unacknowledged"] == told["unacknowledged"]
    assert attention["median"] == told["median_seconds_to_acknowledge"] == 1800
    standing = month.show(of("chitieu-alerts", "Mở quá 24 giờ"), on).rows
    assert [row["alert_id"] for row in standing] == [one["alert_id"] for one in told["standing"]]
    offenders = month.show(of("chitieu-alerts", "Hay lặp lại nhất (7 ngày)"), on).rows
    assert [(row["alert_id"], row["changes"]) for row in offenders] == [
        (one["alert_id"], one["changes"]) for one in told["top_offenders"]
    ]
    days = month.show(of("chitieu-alerts", "Theo ngày"), on).rows
    assert [row["opened"] for row in days] == [one["opened"] for one in told["days"]]


def test_systems_lines_and_events_of_the_soc_are_what_the_events_say(month: Month) -> None:
    on = screen(AS_OF, "2026-03")
    systems = month.show(of("chitieu-soc", "Hệ thống đang sử dụng"), on).rows
    (safety,) = [
        cell
        for cell in month.told(f"/v1/board?period=2026-03&as_of={AS_OF}&unit=hung-yen")["cells"]
        if cell["indicator"] == "system_security_dossier"
    ]
    assert len(systems) == safety["den"]
    done = [row for row in systems if row["dossier"] == "approved" and row["plan"] == "implemented"]
    assert len(done) == safety["num"]
    assert {row["heartbeat"] for row in systems} <= {"alive", "late", "never"}
    lines = month.show(of("chitieu-soc", "Đường truyền chuyên dùng"), on).rows
    assert {row["state"] for row in lines} <= {"up", "down"}
