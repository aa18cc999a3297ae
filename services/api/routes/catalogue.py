"""Indicators and units of the catalogue."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.api import models, queries
from services.api.access import Viewer
from services.api.scope import ReaderOf
from shared.catalogue.text import fold

router = APIRouter(prefix="/v1", tags=["catalogue"], dependencies=[Viewer])

SearchQuery = Annotated[str, Query(max_length=80, description="Part of a name; marks and case do not matter.")]
UnitLevelQuery = Annotated[str, Query(pattern="^(province|commune|external)?$")]


@router.get("/indicators")
async def indicators(reader: ReaderOf) -> models.Figures:
    """All figures in the order of the plan, with their legal texts."""
    rows = await queries.figures(reader)
    version = rows[0]["catalogue_version"] if rows else ""
    return models.Figures(catalogue_version=version, figures=[models.Figure.model_validate(row) for row in rows])


@router.get("/units")
async def units(
    reader: ReaderOf, q: SearchQuery = "", level: UnitLevelQuery = "", limit: Annotated[int, Query(ge=1, le=500)] = 500
) -> models.Units:
    """Units whose name contains `q`: `duong hao` finds Đường Hào."""
    rows = await queries.units(reader, fold(q), level, limit)
    return models.Units(units=[models.Unit.model_validate(row) for row in rows])
