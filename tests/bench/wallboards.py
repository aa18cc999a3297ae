"""Grafana's panels over many entries: every query once per round as it is sent, the slowest is the line."""

import statistics
import time
from datetime import date

from clickhouse_connect.driver.client import Client

from tests.bench import ledger_rows as rows
from tests.bench.measuring import Line, cores, pin
from tests.bench.run import Run
from tests.support.grafana_queries import PanelQuery, panel_queries, screen
from tests.support.schema import create_schema

REACH_MS = 200
TOTAL, QUICK_TOTAL = 20_000_000, 250_000
CHOSEN = {"unit": "hung-yen", "indicator": "filing_full_online", "figure": "filing_full_online"}


def wallboard_lines(run: Run) -> list[Line]:
    """One line: milliseconds of the slowest panel's query of the year. The detail has every panel."""
    pin(run.engine.process.pid, cores()[0] | cores()[1])
    total = run.size(TOTAL, QUICK_TOTAL)
    client = create_schema(run.engine).writer()
    rows.stop_merges(client, "ledger_1")
    run.say(f"  {total:,} ledger")
    rows.fill(client, rows.LEDGER, total)
    every = {query.name: _median_ms(run, client, query) for query in panel_queries()}
    client.close()
    slowest = max(every, key=lambda name: every[name])
    worst = every[slowest]
    name = f"slowest panel of the wallboards, {total // 1_000_000} M entries"
    detail = {"panel": slowest, "panels_ms": every}
    return [Line(name, "ms", worst, None, f"≤ {REACH_MS} ms", None if run.quick else worst <= REACH_MS, detail)]


def _median_ms(run: Run, client: Client, query: PanelQuery) -> float:
    sql = screen(date.fromisoformat(rows.AS_OF), "2026", **CHOSEN).expanded(query.sql)
    client.raw_query(sql, fmt="Native")
    found = []
    for _ in range(run.rounds):
        began = time.perf_counter()
        client.raw_query(sql, fmt="Native")
        found.append((time.perf_counter() - began) * 1000)
    return statistics.median(found)
