"""The parameters that the routes share, each with its limit, and the scope they make."""

from dataclasses import replace
from datetime import date
from typing import Annotated

from fastapi import Depends, Path, Query, Request

from services.api import queries
from services.api.boards import Boards
from services.api.clock import Clock, local_day
from services.api.problems import ProblemError
from services.api.queries import Reader, Scope

CODE = r"^[a-z0-9][a-z0-9.-]{0,39}$"
SLUG = r"^[a-z][a-z0-9_]{0,39}$"
FIGURE = r"^[a-z][a-z0-9_]{0,39}(\.[a-z0-9_]{1,30})?$"
PERIOD = r"^\d{4}(-(H[12]|9M|Q[1-4]|(0[1-9]|1[0-2])))?(-hc)?$"

UnitPath = Annotated[str, Path(pattern=CODE, description="Code of a unit.", examples=["xa-12070"])]
IndicatorPath = Annotated[str, Path(pattern=SLUG, description="Slug of an indicator.", examples=["filing_full_online"])]
UnitQuery = Annotated[str, Query(pattern=f"{CODE}|^$", description="Only this unit.")]
IndicatorQuery = Annotated[str, Query(pattern=f"{SLUG}|^$", description="Only this indicator.")]
FigureQuery = Annotated[str, Query(pattern=f"{FIGURE}|^$", description="Only this figure of the indicator.")]
LevelQuery = Annotated[
    str,
    Query(
        pattern="^(whole|units|province|commune|external)?$",
        description="`whole`: the province itself; `units`: all but it; else the units of that level.",
    ),
]
PeriodQuery = Annotated[
    str | None, Query(pattern=PERIOD, description="Code of a period; the year of `as_of` when not given.")
]
AsOfQuery = Annotated[
    date | None, Query(description="Local day (Asia/Ho_Chi_Minh); today when not given, never later.")
]


def reader_of(request: Request) -> Reader:
    """The reader of the running app."""
    reader: Reader = request.app.state.reader
    return reader


def boards_of(request: Request) -> Boards:
    """The shared board of the running app."""
    boards: Boards = request.app.state.boards
    return boards


def clock_of(request: Request) -> Clock:
    """The clock of the running app."""
    clock: Clock = request.app.state.clock
    return clock


BoardsOf = Annotated[Boards, Depends(boards_of)]
ReaderOf = Annotated[Reader, Depends(reader_of)]
ClockOf = Annotated[Clock, Depends(clock_of)]


async def when(reader: ReaderOf, clock: ClockOf, period: PeriodQuery = None, as_of: AsOfQuery = None) -> Scope:
    """The whole board of the asked period and day. Raises `ProblemError` for an unknown period or a day to come."""
    today = local_day(clock())
    day = as_of or today
    if day > today:
        raise ProblemError("as_of_future")
    code = period or str(day.year)
    if await queries.period(reader, code) is None:
        raise ProblemError("no_period")
    return Scope(code, day)


When = Annotated[Scope, Depends(when)]


def filtered(scope: When, unit: UnitQuery = "", indicator: IndicatorQuery = "", level: LevelQuery = "") -> Scope:
    """The asked part of the board."""
    return replace(scope, unit=unit, indicator=indicator, level=level)


def one_cell(scope: When, indicator: IndicatorPath, unit: UnitPath) -> Scope:
    """The indicator at the unit named in the path."""
    return replace(scope, unit=unit, indicator=indicator)


Filtered = Annotated[Scope, Depends(filtered)]
OneCell = Annotated[Scope, Depends(one_cell)]
