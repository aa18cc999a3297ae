"""Reads the board view: every cell with its figures, target and watermark, from one snapshot."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from clickhouse_connect.driver.client import Client

from services.alerts.observation import Observation, Watermark

CELLS = """
SELECT board.indicator AS indicator, board.figure AS figure, board.code AS code, figures.figure_vi AS figure_vi,
       board.unit AS unit, units.name_vi AS unit_vi, board.period AS period, board.num AS num, board.den AS den,
       board.no_data AS no_data,
       board.target AS target, board.comparator AS comparator, board.legal_row AS legal_row, board.status AS status,
       board.percent AS percent, board.flags AS flags, board.as_of AS as_of, board.watermark AS watermark,
       board.catalogue_version AS catalogue_version
FROM board(period = {period:String}, as_of = {as_of:Date}) AS board
INNER JOIN catalogue_figures AS figures ON figures.figure = board.figure
INNER JOIN catalogue_units AS units ON units.unit = board.unit
WHERE board.target >= 0 AND board.den > 0
"""


def read_board(client: Client, period: str, as_of: date) -> list[Observation]:
    """Every cell that has a target and a denominator; blocking."""
    result = client.query(CELLS, parameters={"period": period, "as_of": as_of})
    return [_observation(row) for row in result.named_results()]


def _observation(row: dict[str, Any]) -> Observation:
    marks = tuple(
        Watermark(partition, offset, received.isoformat()) for partition, offset, received in row["watermark"]
    )
    return Observation(**row | {"watermark": marks, "flags": tuple(row["flags"])})


def all_reached(announced: Mapping[int, int], observations: list[Observation]) -> bool:
    """Whether the snapshot contains every announced offset (partition → offset)."""
    return all(reached(observations, partition, offset) for partition, offset in announced.items())


def reached(observations: list[Observation], partition: int, offset: int) -> bool:
    """Whether the snapshot contains what a hint of `changes` announced; an empty board has nothing to miss."""
    if not observations:
        return True
    return any(w.partition == partition and w.offset >= offset for w in observations[0].watermark)
