"""One cell: value, history, what was left out, and the subjects behind it."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.api import answers, models, queries
from services.api.access import Operator, Viewer
from services.api.problems import ProblemError
from services.api.scope import FigureQuery, OneCell, ReaderOf

router = APIRouter(prefix="/v1/cells/{indicator}/{unit}", tags=["cells"])

StateQuery = Annotated[models.SubjectState | None, Query(description="Only subjects of this state.")]
AfterQuery = Annotated[str, Query(max_length=200, description="Cursor: `next` of the page before.")]
LimitQuery = Annotated[int, Query(ge=1, le=500)]


@router.get("", dependencies=[Viewer])
async def cell(reader: ReaderOf, scope: OneCell, figure: FigureQuery = "") -> models.CellAnswer:
    """The figures of an indicator at a unit; values, histories and stamp come from one query."""
    rows = await queries.cell(reader, scope, figure)
    if not rows:
        raise ProblemError("no_cell")
    names = {row["figure"]: row for row in await queries.figures(reader)}
    return answers.cell_answer(rows, names)


@router.get("/subjects", dependencies=[Operator])
async def subjects(
    reader: ReaderOf,
    scope: OneCell,
    figure: FigureQuery = "",
    state: StateQuery = None,
    after: AfterQuery = "",
    limit: LimitQuery = 50,
) -> models.Subjects:
    """The subjects that count, miss, are left out or were never heard of; opaque keys, never persons."""
    name = figure or await queries.first_figure(reader, scope)
    if name is None:
        raise ProblemError("no_cell")
    page = {"state": state or "", "after": after, "limit": limit + 1}
    rows = await queries.subjects(reader, scope, name, page)
    found = [answers.subject(row) for row in rows[:limit]]
    cursor = found[-1].subject if len(rows) > limit else None
    return models.Subjects(figure=name, unit=scope.unit, subjects=found, next=cursor)
