"""The board, its stamp and the ranking of units."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.api import answers, models, queries
from services.api.access import Viewer
from services.api.negotiation import FormatQuery, tagged, wants_csv
from services.api.queries import Reader, Row, Scope
from services.api.ranking import rank
from services.api.reports.board_csv import board_csv
from services.api.scope import BoardsOf, Filtered, ReaderOf, When

router = APIRouter(prefix="/v1", tags=["board"], dependencies=[Viewer])

LimitQuery = Annotated[int, Query(ge=1, le=500)]
WorstQuery = Annotated[int, Query(ge=0, le=50, description="How many of the worst units.")]
CSV = "text/csv; charset=utf-8"


@router.get("/board", response_model=models.Board, responses={200: {"content": {"text/csv": {}}}})
async def board(
    request: Request, reader: ReaderOf, boards: BoardsOf, scope: Filtered, chosen: FormatQuery = ""
) -> Response:
    """Cells of a period, as JSON or as the report table in CSV; values and stamp come from one query."""
    if wants_csv(request, chosen):
        answer = tagged(request, board_csv(await queries.report(reader, scope)).encode(), CSV)
        answer.headers["Content-Disposition"] = f'attachment; filename="chi-tieu-{scope.period}-{scope.as_of}.csv"'
        return answer
    rows = await boards.rows(scope)
    cells = [answers.cell(row) for row in rows]
    body = models.Board(period=scope.period, stamp=await _stamp(reader, scope, rows), cells=cells)
    return tagged(request, body.model_dump_json().encode(), "application/json")


@router.get("/stamp")
async def stamp(reader: ReaderOf, scope: When) -> models.Stamp:
    """What the figures of this moment know."""
    return answers.stamp(await queries.stamp(reader, scope))


@router.get("/ranking")
async def ranking(reader: ReaderOf, boards: BoardsOf, scope: Filtered, limit: LimitQuery = 500) -> models.Ranking:
    """Units, worst first: by indicators below target, then by the points missing to the targets."""
    rows = await boards.rows(scope)
    return models.Ranking(period=scope.period, stamp=await _stamp(reader, scope, rows), units=rank(rows)[:limit])


@router.get("/overview")
async def overview(reader: ReaderOf, boards: BoardsOf, scope: When, worst: WorstQuery = 5) -> models.Overview:
    """The province on one screen: its cells and the worst units, all from one query."""
    rows = await boards.rows(scope)
    whole, units = replace(scope, level="whole"), replace(scope, level="units")
    return models.Overview(
        period=scope.period,
        stamp=await _stamp(reader, scope, rows),
        cells=[answers.cell(row) for row in rows if whole.covers(row)],
        units=rank(row for row in rows if units.covers(row))[:worst],
    )


async def _stamp(reader: Reader, scope: Scope, rows: list[Row]) -> models.Stamp:
    """Of the rows themselves; asked for alone only when there is none."""
    return answers.stamp(rows[0] if rows else await queries.stamp(reader, scope))
