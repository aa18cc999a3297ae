"""The board of all units and indicators over many entries, beside FINAL over a table of current rows."""

import time
from collections.abc import Callable

from clickhouse_connect.driver.client import Client

from services.api.queries import BOARD
from tests.bench import ledger_rows as rows
from tests.bench.measuring import Line, Sample, cores, cpu_seconds, interleaved, medians, pin
from tests.bench.run import Run
from tests.support.schema import create_schema

REACH_MS = 100
SIZES, QUICK_SIZES = (1_000_000, 5_000_000, 20_000_000), (250_000, 1_000_000)
PERIODS = {"year": "2026", "month": "2026-09"}


def board_lines(run: Run) -> list[Line]:
    """A line for the year and one for the month, of the most entries: milliseconds of a query, as the api asks it.

    The detail has the same for fewer entries.
    """
    # All cores, as in production: the engine is not a process that is held to one core here.
    pin(run.engine.process.pid, cores()[0] | cores()[1])
    by_size = {total: _of_size(run, total) for total in run.size(SIZES, QUICK_SIZES)}
    lines = by_size[max(by_size)]
    for place, line in enumerate(lines):
        line.detail["growth"] = [
            {"entries": total, "ms": found[place].ours, "baseline_ms": found[place].baseline}
            for total, found in by_size.items()
        ]
    return lines


def _of_size(run: Run, total: int) -> list[Line]:
    client = _filled(run, total)
    lines = []
    for name, period in PERIODS.items():
        parameters = {"period": period, "as_of": rows.AS_OF}
        ours, theirs = (_query(run, client, sql, parameters) for sql in (BOARD, rows.CURRENT_BOARD))
        ours()
        theirs()
        samples, baseline = interleaved(run.rounds, ours, theirs)
        mine, final = (1000 / medians(found)["per_second"] for found in (samples, baseline))
        cpu = sum(sample.cpu_seconds for sample in samples) / len(samples) * 1000
        lines.append(
            Line(
                f"board of the {name}, {total // 1_000_000} M entries, ten parts",
                "ms",
                mine,
                final,
                f"≤ {REACH_MS} ms",
                None if run.quick else mine <= REACH_MS,
                {"cpu_ms": cpu, "parts": rows.parts(client, "ledger_1")},
            )
        )
    client.close()
    return lines


def _filled(run: Run, total: int) -> Client:
    client = create_schema(run.engine).writer()
    rows.stop_merges(client, "ledger_1")
    client.command(rows.CURRENT_TABLE)
    for name, statement in (("ledger", rows.LEDGER), ("current rows", rows.CURRENT)):
        run.say(f"  {total:,} {name}")
        rows.fill(client, statement, total)
    return client


def _query(run: Run, client: Client, sql: str, parameters: dict[str, str]) -> Callable[[], Sample]:
    def measure() -> Sample:
        before, began = cpu_seconds(run.engine.process.pid), time.perf_counter()
        client.raw_query(sql, parameters=parameters, fmt="Native")
        return Sample(1, time.perf_counter() - began, cpu_seconds(run.engine.process.pid) - before)

    return measure
