"""What the alerts read, on the real engine: tables filled by the real scoring, and the board as the measure."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client

from services.alerts.finding import Scope
from services.alerts.look import LOCAL, read_cell_known_now
from tests.support.schema import SchemaFactory
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
    found = {}
    for figure, unit in cells:
        cell = read_cell_known_now(client, Scope("below_target", "", unit, "", figure, "2026"), instant)
        found[figure, unit] = (
            cell.num, cell.den, cell.no_data, cell.recent_num, cell.recent_den, cell.expected_den
        )  # fmt: skip
    return found


@pytest.mark.parametrize("instant", ["2026-03-02T09:30", "2026-04-10T12:00"])
def test_a_cell_as_known_now_counts_nothing_that_happened_after_the_instant(
    fresh_schema: SchemaFactory, instant: str
) -> None:
    """All cases of the readings; the measure is a board that never heard of what came later, only of retractions."""
    moment = datetime.fromisoformat(f"{instant}:00").replace(tzinfo=LOCAL)
    whole, until = ScoredTables(fresh_schema()), ScoredTables(fresh_schema())
    whole.on_time(EVENTS)
    until.on_time(e for e in EVENTS if e.time <= us(moment) or e.type == "event.retracted")
    client, as_of = whole.schema.reader(), moment.date()
    expected, now = board(until.schema.reader(), as_of), board(client, as_of)
    moved = {cell for cell in expected.keys() & now.keys() if expected[cell] != now[cell]}
    sample = moved | set(sorted(expected)[:: len(expected) // 12])
    told = known(client, sample, moment)
    assert told == {cell: expected[cell] for cell in sample}
    assert moved
