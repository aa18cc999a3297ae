"""Reads the board view: every cell with its figures, target and watermark, from one snapshot."""

from datetime import date
from typing import Any

from clickhouse_connect.driver.client import Client

from services.alerts.observation import Observation, Watermark

CELLS = """
SELECT board.indicator, board.figure, board.code, figures.figure_vi, board.unit, units.name_vi, board.period,
       board.num, board.den, board.target, board.comparator, board.legal_row, board.status, board.percent,
       board.flags, board.as_of, board.watermark, board.catalogue_version
FROM board(period = {period:String}, as_of = {as_of:Date}) AS board
INNER JOIN catalogue_figures AS figures ON figures.figure = board.figure
INNER JOIN catalogue_units AS units ON units.unit = board.unit
WHERE board.target >= 0 AND board.den > 0
"""


def read_board(client: Client, period: str, as_of: date) -> list[Observation]:
    """Every cell that has a target and a denominator; blocking."""
    rows = client.query(CELLS, parameters={"period": period, "as_of": as_of}).result_rows
    return [_observation(row) for row in rows]


def _observation(row: Any) -> Observation:
    *cell, percent, flags, as_of, marks, version = row
    watermark = tuple(Watermark(partition, offset, received.isoformat()) for partition, offset, received in marks)
    return Observation(*cell, percent, tuple(flags), as_of, watermark, version)


def reached(observations: list[Observation], partition: int, offset: int) -> bool:
    """Whether the snapshot contains what a hint of `changes` announced; an empty board has nothing to miss."""
    if not observations:
        return True
    return any(w.partition == partition and w.offset >= offset for w in observations[0].watermark)
