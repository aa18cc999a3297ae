"""Grafana's account on the real engine: it sees public views and nothing else, changes nothing, keeps its limits."""
# ruff: noqa: S608 - the names are our own

import json
from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from deploy.clickhouse.accounts import (
    DATABASE,
    GRAFANA,
    GRAFANA_LIMITS,
    GRAFANA_VIEWS,
    SUMMED_COLUMNS,
    grafana_on_the_engine,
)
from shared.catalogue import load_catalogue
from shared.schema.apply import apply_schema, publish_catalogue
from tests.support.engine import EngineProcess, start_engine

SUMMED = ("ledger_1", "events_1")
PASSWORD = "grafana-password"
PARAMETERS = {
    "board": "(period = '2026', as_of = '2026-03-31')",
    "cell_history": "(period = '2026', as_of = '2026-03-31', figure = 'filing_full_online', unit = 'so-khcn')",
    "cell_exclusions": "(period = '2026', as_of = '2026-03-31', figure = 'filing_full_online', unit = 'so-khcn')",
    "sources": "(as_of = '2026-03-31')",
    "stamp": "(as_of = '2026-03-31')",
    "as_of_day": "(to_ms = 1774929600000)",
    "period_choices": "(as_of = '2026-03-31')",
    "wallboard": "(period = '2026', as_of = '2026-03-31')",
    "tiles": "(period = '2026', as_of = '2026-03-31')",
    "unit_ranking": "(period = '2026', as_of = '2026-03-31')",
    "cell_progress": "(period = '2026', as_of = '2026-03-31', figure = 'filing_full_online', unit = 'so-khcn')",
    "freshness": "(as_of = '2026-03-31')",
    "unit_sources": "(as_of = '2026-03-31', unit = 'hung-yen')",
    **dict.fromkeys(("soc_systems", "soc_events", "soc_lines"), "(to_ms = 1774929600000)"),
    **dict.fromkeys(("alert_standing", "alert_offenders", "alert_attention", "alert_days"), "(now_ms = 1774929600000)"),
}
"""Arguments of the views that have parameters."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    folder = tmp_path_factory.mktemp("engine")
    (folder / GRAFANA).write_text(f"{PASSWORD}\n")
    running = start_engine(folder, settings={"extra_readers": json.dumps(grafana_on_the_engine(folder / GRAFANA))})
    writer = running.server().writer()
    apply_schema(writer, DATABASE)
    publish_catalogue(writer, DATABASE, load_catalogue())
    yield running
    running.stop()


@pytest.fixture(scope="module")
def grafana(engine: EngineProcess) -> Client:
    return engine.server().client(GRAFANA, PASSWORD)


@pytest.mark.parametrize("name", [*GRAFANA_VIEWS, "catalogue_units", "catalogue_figures", "catalogue_cells"])
def test_it_reads_what_it_is_granted(grafana: Client, name: str) -> None:
    grafana.query(f"SELECT * FROM {DATABASE}.{name}{PARAMETERS.get(name, '')} LIMIT 1")


def test_it_reads_the_whole_board_as_the_api_does(engine: EngineProcess, grafana: Client) -> None:
    sql = f"SELECT * FROM {DATABASE}.board{PARAMETERS['board']} ORDER BY position, unit"
    seen = grafana.query(sql).result_rows
    assert len(seen) > 1_000
    assert seen == engine.server().reader().query(sql).result_rows


def test_it_reads_nothing_else_of_the_database(engine: EngineProcess, grafana: Client) -> None:
    names = [
        str(row[0])
        for row in engine.server().writer().query(f"SHOW TABLES FROM {DATABASE}").result_rows
        if row[0] not in (*GRAFANA_VIEWS, *SUMMED) and not row[0].startswith("catalogue_")
    ]
    arguments = "(period = '', as_of = '2026-01-01', figure = '', unit = '', after = '', instant_us = 0, now_us = 0)"
    # A parameterised view is told from others by its arguments; the wrong ones are code 456 and the like.
    codes = {name: _code(grafana, f"SELECT 1 FROM {DATABASE}.{name}") for name in names}
    codes |= {
        name: _code(grafana, f"SELECT 1 FROM {DATABASE}.{name}{arguments}")
        for name, code in codes.items()
        if code != 497
    }
    assert {"events", "ledger", "api_keys", "cell_subjects", "alert_transitions"} <= set(names)
    assert {name: code for name, code in codes.items() if code != 497} == {}


@pytest.mark.parametrize("table", SUMMED)
def test_of_the_tables_of_figures_it_reads_amounts_and_marks_and_no_filing(
    engine: EngineProcess, grafana: Client, table: str
) -> None:
    described = engine.server().writer().query(f"DESCRIBE TABLE {DATABASE}.{table}").result_rows
    columns = {str(row[0]) for row in described}
    readable = {name for name in columns if _code(grafana, f"SELECT {name} FROM {DATABASE}.{table} LIMIT 0") is None}
    assert readable == set(SUMMED_COLUMNS[table.removesuffix("_1")].split(", "))
    assert columns - readable >= {"subject", "id", "token"}


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (f"INSERT INTO {DATABASE}.api_keys (key_id) VALUES ('x')", {164, 497}),
        (f"DROP VIEW {DATABASE}.board", {164, 497}),
        (f"SELECT data FROM {DATABASE}.events", {497}),
        (f"SELECT data FROM {DATABASE}.events_1", {497}),
        (f"SELECT subject FROM {DATABASE}.ledger_1", {497}),
        (f"SELECT * FROM {DATABASE}.ledger_1", {497}),
        (f"SELECT hash FROM {DATABASE}.api_keys", {497}),
        ("SELECT query FROM system.processes", {497}),
        ("SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')", {497}),
        ("SELECT * FROM file('/etc/passwd', 'LineAsString')", {497}),
        ("SELECT * FROM merge('chitieu', 'events')", {497}),
        (f"SELECT number FROM numbers({GRAFANA_LIMITS.result_rows + 1})", {396}),
        ("SELECT sum(sleepEachRow(0.1)) FROM numbers(1000) SETTINGS max_block_size = 1, max_execution_time = 1", {159}),
        ("SELECT length(groupArray(number)) FROM numbers(1000000000) SETTINGS max_threads = 1", {241}),
        ("SELECT 1 SETTINGS max_result_rows = 0", {452}),
        (f"SELECT 1 SETTINGS max_execution_time = {GRAFANA_LIMITS.seconds + 1}", {452}),
        (f"SELECT 1 SETTINGS max_memory_usage = {2 * GRAFANA_LIMITS.memory_bytes}", {452}),
        ("SET readonly = 0", {164}),
        ("KILL QUERY WHERE 1", {497}),
    ],
)
def test_it_can_do_no_harm(grafana: Client, text: str, codes: set[int]) -> None:
    assert _code(grafana, text) in codes


def _code(client: Client, text: str) -> int | None:
    try:
        client.command(text)
    except DatabaseError as error:
        return error.code
    return None
