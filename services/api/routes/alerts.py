"""Alerts as they stand."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from services.api import answers, models, queries
from services.api.access import Viewer
from services.api.problems import ProblemError
from services.api.scope import IndicatorQuery, ReaderOf, UnitQuery

router = APIRouter(prefix="/v1/alerts", tags=["alerts"], dependencies=[Viewer])

State = Literal["open", "ok", "pending", "firing", "lost", "resolved", "withdrawn"]
StateQuery = Annotated[State | None, Query(description="`open`: firing or lost; all when not given.")]


@router.get("")
async def alerts(
    reader: ReaderOf,
    state: StateQuery = None,
    unit: UnitQuery = "",
    indicator: IndicatorQuery = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> models.Alerts:
    """Alerts, newest change first."""
    filters = {"state": state or "", "unit": unit, "indicator": indicator, "limit": limit}
    rows, still_open = await queries.alerts(reader, filters)
    return models.Alerts(alerts=[answers.alert(row) for row in rows], open=still_open)


@router.get("/{alert_id}")
async def alert(reader: ReaderOf, alert_id: Annotated[str, Path(pattern=r"^[a-z0-9_.:-]{1,200}$")]) -> models.Alert:
    """One alert with its evidence, frozen at its last transition."""
    row = await queries.alert(reader, alert_id)
    if row is None:
        raise ProblemError("no_alert")
    return answers.alert(row)
