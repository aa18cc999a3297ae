"""Whether alerts that are about to end were right to fire, by what is known now: all of a look at once. It blocks.

A mass end (a source that comes back, a correction of thousands of filings) must not keep the evaluator from the next
alert, so that the number of queries does not grow with the number of alerts.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from services.alerts import kinds
from services.alerts.finding import Scope
from services.alerts.look import microseconds, read_events_known_now
from services.alerts.metrics import HINDSIGHT_FAILED
from services.alerts.policy import Policies
from services.alerts.settling import Question
from services.alerts.snapshot import Cell
from shared.catalogue import Catalogue
from shared.local_time import LOCAL
from shared.logs import get_logger
from shared.schema.projections import viewed_version
from shared.schema.statements import cells_as_known

ASKED_AT_ONCE = 100
"""They travel in one request of some 10 KB."""

COUNTED_WITH_PAPER = "casefile_online"
"""T04: its figures are named by the indicator and perhaps a part after a dot."""

log = get_logger(__name__)

Answer = Callable[[Sequence[Question]], Mapping[str, bool]]


def held_then(client: Client, asked: Sequence[Question], policies: Policies, catalogue: Catalogue) -> dict[str, bool]:
    """Alert → whether it was right. That a source was silent, or sent what was faulty, stays true whatever comes later.

    What could not be read has no answer: those alerts stay open and are asked about at the next look.
    """

    def of_events(some: Sequence[Question]) -> dict[str, bool]:
        """One reading for all that fired in the same look."""
        then = {at: read_events_known_now(client, at, catalogue) for at in {one.instant for one in some}}
        return {one.scope.alert_id: kinds.held_at(one.scope, then[one.instant], policies) for one in some}

    cells = [one for one in asked if one.scope.rule in kinds.CELL_RULES]
    events = [one for one in asked if one.scope.rule in kinds.EVENT_RULES]
    judged = kinds.CELL_RULES | kinds.EVENT_RULES
    found = {one.scope.alert_id: True for one in asked if one.scope.rule not in judged}
    return found | _tried(lambda some: _of_cells(client, some), cells) | _tried(of_events, events)


def _of_cells(client: Client, asked: Sequence[Question]) -> dict[str, bool]:
    cells = read_cells_known_now(client, [(one.scope, one.instant) for one in asked])
    return {
        one.scope.alert_id: kinds.held_then(one.scope, _with_target(cell, one.target), one.policy)
        for one, cell in zip(asked, cells, strict=True)
    }


def _with_target(cell: Cell, target: int | None) -> Cell:
    """A target that was changed since then is no correction of data."""
    return cell if target is None else replace(cell, target=target)


def _tried(answer: Answer, asked: Sequence[Question]) -> dict[str, bool]:
    if not asked:
        return {}
    try:
        return dict(answer(asked))
    except DatabaseError as error:
        HINDSIGHT_FAILED.inc(len(asked))
        log.warning("hindsight_failed", alerts=len(asked), detail=str(error)[:300])
        return {}


def read_cells_known_now(client: Client, asked: Sequence[tuple[Scope, datetime]]) -> list[Cell]:
    """Each cell as of its instant by what is known now, facts that happened later left out; names are codes.

    In the order asked. Of what is not known: no events and no target.
    """
    return [
        cell for first in range(0, len(asked), ASKED_AT_ONCE) for cell in _read(client, asked[first:][:ASKED_AT_ONCE])
    ]


def _read(client: Client, asked: Sequence[tuple[Scope, datetime]]) -> Iterator[Cell]:
    wanted = [
        [place, scope.figure, scope.unit, scope.period, microseconds(instant)]
        for place, (scope, instant) in enumerate(asked)
    ]
    instants = [instant for _, instant in asked]
    cells = sorted({(scope.figure, scope.unit) for scope, _ in asked})
    given: dict[str, Any] = {"asked": json.dumps(wanted), "cells": json.dumps(cells)}
    given |= {"first_us": microseconds(min(instants)), "last": max(instants).astimezone(LOCAL).date()}
    with_paper = any(figure.startswith(COUNTED_WITH_PAPER) for figure, _ in cells)
    query = cells_as_known(viewed_version(client, str(client.database)), with_paper=with_paper)
    rows = client.query(query, parameters=given).named_results()
    by_place: dict[int, dict[str, Any]] = {row.pop("place"): row for row in map(dict, rows)}
    for place, (scope, instant) in enumerate(asked):
        yield Cell(**_named(scope), **(by_place.get(place) or _nothing(instant)))


def _named(scope: Scope) -> dict[str, Any]:
    codes = {"figure": scope.figure, "figure_vi": scope.figure, "unit": scope.unit, "unit_vi": scope.unit}
    return codes | {"indicator": scope.indicator, "counted_vi": "", "period": scope.period}


def _nothing(instant: datetime) -> dict[str, Any]:
    day = instant.astimezone(LOCAL).date()
    whole: dict[str, Any] = dict.fromkeys(("start", "end", "as_of"), day)
    whole |= dict.fromkeys(("num", "den", "no_data", "expected_den"), 0)
    return whole | {"recent_num": None, "recent_den": None, "target": -1, "comparator": "", "legal_row": ""}
