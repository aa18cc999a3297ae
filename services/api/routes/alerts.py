"""Alerts as they stand, their history, and how the alerts do as a whole."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query

from services.api import alert_answers, alert_models, alert_queries
from services.api.access import Viewing
from services.api.problems import ProblemError
from services.api.scope import ClockOf, IndicatorQuery, ReaderOf, UnitQuery
from shared.contracts.alerts import Rule, Severity

router = APIRouter(prefix="/v1/alerts", tags=["alerts"])

State = Literal["open", "all", "ok", "pending", "firing", "lost", "resolved", "withdrawn"]
Sort = Literal["changed", "severity", "since", "unit"]
StateQuery = Annotated[State, Query(description="`open`: firing or lost.")]
SortQuery = Annotated[Sort, Query(description="`changed`, `since`: newest first; `severity`: gravest first.")]
AlertPath = Annotated[str, Path(pattern=alert_models.ALERT_ID, description="As the list and the messages have it.")]


def filters(
    state: StateQuery = "open",
    rule: Annotated[Rule | None, Query()] = None,
    severity: Annotated[Severity | None, Query()] = None,
    acknowledged: Annotated[Literal["yes", "no"] | None, Query()] = None,
    unit: UnitQuery = "",
    indicator: IndicatorQuery = "",
) -> dict[str, str]:
    """The filters of a list, each "" when not given."""
    chosen = {"rule": rule or "", "severity": severity or "", "acknowledged": acknowledged or ""}
    return {"state": state, "unit": unit, "indicator": indicator, **chosen}


@router.get("")
async def alerts(
    reader: ReaderOf,
    clock: ClockOf,
    viewer: Viewing,
    wanted: Annotated[dict[str, str], Depends(filters)],
    sort: Annotated[
        Sort, Query(description="`changed`, `since`: newest first; `severity`: gravest first.")
    ] = "changed",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> alert_models.Alerts:
    """Alerts, by default the open ones."""
    now = clock()
    rows, still_open = await alert_queries.alerts(reader, {**wanted, "limit": limit}, sort)
    silences = await alert_queries.silences(reader, now)
    listed = [alert_answers.listed(row, silences, now, guest=viewer is None) for row in rows]
    return alert_models.Alerts(alerts=listed, open=still_open)


@router.get("/statistics")
async def statistics(reader: ReaderOf, clock: ClockOf, viewer: Viewing) -> alert_models.Statistics:
    """As ISA-18.2 asks: standing and flapping alerts, top offenders, time to acknowledge, alerts by day."""
    del viewer
    return alert_answers.statistics(await alert_queries.statistics(reader, clock()))


@router.get("/{alert_id:path}")
async def alert(reader: ReaderOf, clock: ClockOf, viewer: Viewing, alert_id: AlertPath) -> alert_models.AlertDetail:
    """One alert with its frozen evidence, its history and its deliveries."""
    now = clock()
    row = await alert_queries.alert(reader, alert_id)
    if row is None:
        raise ProblemError("no_alert")
    parts = {
        "history": await alert_queries.history(reader, alert_id),
        "deliveries": await alert_queries.deliveries(reader, alert_id),
        "silences": await alert_queries.silences(reader, now),
    }
    return alert_answers.detailed(row, parts, now, viewer.role if viewer else "")
