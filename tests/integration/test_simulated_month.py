"""A month of the simulated province, through ingest, Kafka, scoring and the engine: every cell equals its books."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from clickhouse_connect.driver.client import Client

from deploy.local.stack.demo_keys import ensure_demo_keys
from shared.catalogue import load_catalogue
from tests.support.pipeline import Pipeline
from tests.support.simulated import Amounts, amounts
from tests.support.stack import LocalStack

LEAST_EVENTS = 200_000
SEND_SECONDS, SCORE_SECONDS = 300, 300
"""Deadlines for a machine on which much else runs; the month has some 220,000 events."""


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[LocalStack]:
    """A stack without the events of other tests, since every total is compared."""
    stack = LocalStack(tmp_path)
    stack.start()
    yield stack
    stack.stop()


def test_a_simulated_month_ends_with_every_cell_equal_to_the_simulators_books(
    own_stack: LocalStack, tmp_path: Path
) -> None:
    expected_file = tmp_path / "expected.json"
    keys = ensure_demo_keys(own_stack.settings)
    month = ("--from", "2026-03-01", "--to", "2026-03-31", "--scale", "0.9")
    files = ("--keys", str(keys), "--expected", str(expected_file))

    sent = own_stack.run(
        "deploy.local.simulator",
        "history",
        "--url",
        own_stack.url("ingest"),
        *month,
        *files,
        timeout_seconds=SEND_SECONDS,
    )
    assert sent.returncode == 0, sent.stdout + sent.stderr[-2000:]
    accepted = int(sent.stdout.split()[0])
    assert accepted >= LEAST_EVENTS

    pipeline = Pipeline(own_stack)
    pipeline.wait_scored(deadline_seconds=SCORE_SECONDS)
    client = pipeline.engine
    expected = msgspec.json.decode(expected_file.read_bytes())
    stocks = sorted({row["reading"] for row in expected["stocks"]})
    assert differences(flows(client, stocks), amounts(expected["cells"], "day")) == {}
    for as_of in sorted({row["as_of"] for row in expected["stocks"]}):
        rows = [row for row in expected["stocks"] if row["as_of"] == as_of]
        assert differences(stocks_at(client, stocks, as_of), amounts(rows, "as_of")) == {}
    counted = client.query("SELECT outcome, count() FROM events WHERE kind = 'event' GROUP BY outcome").result_rows
    outcomes = {str(outcome): int(number) for outcome, number in counted}
    assert outcomes.get("conflict", 0) == 0
    assert min(outcomes.get(name, 0) for name in ("counted", "duplicate", "superseded", "retracted")) > 0
    pipeline.close()


def flows(client: Client, stocks: list[str]) -> Amounts:
    """The ledger's flows of the catalogue's readings, by day."""
    shown = [reading for reading in load_catalogue().readings() if reading not in stocks]
    return summed(client, "toString(day)", "reading IN {readings:Array(String)}", {"readings": shown})


def stocks_at(client: Client, stocks: list[str], as_of: str) -> Amounts:
    """The stocks' sums of all days up to `as_of`."""
    return summed(
        client,
        "toString({as_of:Date})",
        "reading IN {readings:Array(String)} AND day <= {as_of:Date}",
        {"readings": stocks, "as_of": as_of},
    )


def summed(client: Client, day: str, condition: str, parameters: dict[str, Any]) -> Amounts:
    rows = client.query(
        f"SELECT reading, unit, {day} AS at, sum(num) AS n, sum(den) AS d FROM ledger "  # noqa: S608 - fixed texts
        f"WHERE kind = 'entry' AND {condition} GROUP BY reading, unit, at HAVING n != 0 OR d != 0",
        parameters=parameters,
    ).result_rows
    return {(reading, unit, at): (num, den) for reading, unit, at, num, den in rows}


def differences(found: Amounts, expected: Amounts) -> dict[tuple[str, str, str], tuple[Any, Any]]:
    """Cells that differ: (found, expected)."""
    return {
        key: (found.get(key), expected.get(key))
        for key in found.keys() | expected.keys()
        if found.get(key) != expected.get(key)
    }
