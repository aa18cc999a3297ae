"""The tally of a replay against the board's view: every column that rules use, of every cell, at several moments."""

from dataclasses import replace
from datetime import date, datetime

import pytest
from clickhouse_connect.driver.client import Client

from services.alerts.look import read_snapshot
from services.alerts.past.tally import Entry, Tally
from services.alerts.snapshot import Cell, Snapshot
from shared.contracts.event import Event
from shared.local_time import LOCAL
from tests.support.alert_snapshots import CATALOGUE
from tests.support.schema import Schema
from tests.support.scored_tables import ScoredTables
from tests.support.simulated import played, read_event, small_month
from tests.unit.test_readings_cases import CASES, accepted

ENTRIES = """
SELECT reading, unit, day, reason, num, den, excluded FROM ledger
WHERE kind = 'entry' AND offset > {after:Int64} ORDER BY offset
"""
LATE_US = 5 * 86_400 * 1_000_000


def simulated_weeks() -> list[Event]:
    """A thousand events of a small simulated month, evenly drawn: all kinds of them."""
    _, texts = played(small_month(volume=0.01))
    return [read_event(text) for text in texts[:: max(1, len(texts) // 1000)]]


def cells_of(snapshot: Snapshot) -> dict[tuple[str, str], Cell]:
    """Of the flags the rules judge by one; the others are words for a screen."""
    return {
        (one.figure, one.unit): replace(one, flags=tuple(flag for flag in one.flags if flag == "basis_undefined"))
        for one in snapshot.cells
    }


MOMENTS = {
    "2026": ["2026-03-09T09:30", "2026-03-10T23:00", "2026-11-20T18:00"],
    "2026-Q1": ["2026-01-31T12:00", "2026-03-10T23:00", "2026-04-29T00:10"],
}
"""One period that runs and one that is over at the end."""


@pytest.mark.parametrize("source", ["cases", "simulated"])
@pytest.mark.parametrize("period", MOMENTS)
def test_the_tally_equals_the_board_at_every_moment_in_every_column(schema: Schema, source: str, period: str) -> None:
    events = [accepted(e) for case in CASES for e in case.events] if source == "cases" else simulated_weeks()
    # Every seventh is heard of days later, so that the past is moved by what comes in late.
    heard = sorted(((e, e.time + LATE_US * (n % 7 == 0)) for n, e in enumerate(events)), key=lambda one: one[1])
    tables, tally, after = ScoredTables(schema), Tally(CATALOGUE, period, date(2026, 1, 1)), -2
    client, moved = schema.reader(), 0
    for moment in (datetime.fromisoformat(text).replace(tzinfo=LOCAL) for text in MOMENTS[period]):
        until = moment.timestamp() * 1_000_000
        tables.deliver(one for one in heard if one[1] <= until)
        heard = [one for one in heard if one[1] > until]
        rows = client.query(ENTRIES, parameters={"after": after}).result_rows
        after = client.query("SELECT max(offset) FROM ledger").result_rows[0][0]
        tally.move_to(moment.date())
        tally.add(Entry(row[0], row[1], row[2].toordinal(), *row[3:]) for row in rows)
        board = read_snapshot(client, period, moment, CATALOGUE, dict)
        expected = cells_of(board)
        assert {(c.figure, c.unit): c for c in tally.cells(silent_on(client, tally.as_of))} == expected
        moved += sum(cell.den > 0 for cell in expected.values())
    assert moved > 100


def silent_on(client: Client, day: date) -> frozenset[str]:
    """Sources that the tables call silent, since a tally is told of them."""
    rows = client.query("SELECT source FROM sources(as_of = {day:Date}) WHERE silent", parameters={"day": day})
    return frozenset(source for (source,) in rows.result_rows)
