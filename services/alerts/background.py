"""What lies behind changes that are about to be recorded: read for those alone, some at a time, never for every cell.

Added to a change's facts: `events` (the latest that moved its cell since the look before), `contributors` (whose misses
weigh most), `difference` (against what was told last), and when it is withdrawn `then` (the figures of the moment it
fired, as they are known now). All values are bound; all of it blocks.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

from clickhouse_connect.driver.client import Client

from services.alerts.finding import Scope
from services.alerts.hindsight import read_cells_known_now
from services.alerts.kinds import CELL_RULES, then_facts
from services.alerts.state import Change
from shared.local_time import LOCAL

CHANGES_AT_ONCE = 200
"""Their names travel in one request; the first look of a new installation changes hundreds."""

READS_AT_ONCE = 3
"""Beside the thread that asks; each waits for the engine alone."""

EVENTS_SHOWN = 5
CONTRIBUTORS_SHOWN = 5

FILINGS_ASKED = 20
"""The newest misses of a cell whose procedures are looked up: each costs reading some thousand neighbours."""

PROCEDURE_CELLS = 20
"""Cells of one look whose procedures are looked up; when more change at once, the whole province is the story."""

LATE = timedelta(days=1)
"""A fact that became known more than a day after it happened explains a figure of the past."""

_MEMBERS = "SELECT reading, member FROM catalogue_rollup WHERE (figure, unit) IN {cells:Array(Tuple(String, String))}"
_LEDGER = f"""
FROM ledger AS entries
INNER JOIN (
    SELECT figure, unit, reading, member, is_flow FROM catalogue_rollup
    WHERE (figure, unit) IN {{cells:Array(Tuple(String, String))}}
) AS cells ON cells.reading = entries.reading AND cells.member = entries.unit
WHERE entries.kind = 'entry' AND (entries.reading, entries.unit) IN ({_MEMBERS})
"""  # noqa: S608 - constants of this module

MOVES = f"""
SELECT cells.figure AS figure, cells.unit AS unit, entries.partition AS part, entries.offset AS place, entries.subject
       AS subject, max(entries.received) AS moved
{_LEDGER} AND entries.offset > transform(toInt64(entries.partition), {{partitions:Array(Int64)}},
                                         {{offsets:Array(Int64)}}, toInt64(-1))
GROUP BY figure, unit, part, place, subject
ORDER BY moved DESC, place DESC LIMIT {{most:UInt8}} BY figure, unit
"""

EVENTS_AT = """
SELECT partition, offset, subject, argMax((source, id, type, time, received), (received, seq)) AS told
FROM events WHERE kind = 'event' AND (partition, offset) IN {places:Array(Tuple(UInt16, Int64))}
GROUP BY partition, offset, subject
"""

CONTRIBUTORS = f"""
SELECT cells.figure AS figure, cells.unit AS unit,
       multiIf(NOT cells.is_flow, entries.subject, cells.unit != entries.unit, entries.unit, entries.source)
       AS thing, sum(entries.den - entries.num) AS missing
{_LEDGER} AND entries.day <= {{as_of:Date}} AND (entries.day >= {{start:Date}} OR NOT cells.is_flow)
GROUP BY figure, unit, thing HAVING missing > 0
ORDER BY missing DESC, thing LIMIT {{most:UInt8}} BY figure, unit
"""
"""Of the province its units, of a stock its subjects, of a unit's flow the systems that told of it."""

MISSES = f"""
SELECT cells.figure AS figure, cells.unit AS unit, entries.subject AS subject, max(entries.day) AS day
{_LEDGER} AND startsWith(entries.subject, 'filing/') AND entries.day BETWEEN {{start:Date}} AND {{as_of:Date}}
GROUP BY figure, unit, subject HAVING sum(entries.den - entries.num) > 0
ORDER BY day DESC, subject LIMIT {{filings:UInt8}} BY figure, unit
"""

RECEIPTS = """
SELECT DISTINCT source, id FROM ledger
WHERE reading = 'filing_digitised.components' AND unit IN {units:Array(String)} AND subject IN {subjects:Array(String)}
"""
"""What a filing is about is said by its receipt, which the ledger names at T12."""

PROCEDURES = """
SELECT subject, JSONExtractString(argMax(data, (offset, seq)), 'procedure') AS procedure
FROM events
WHERE kind = 'event' AND type = 'filing.received' AND (source, id) IN {receipts:Array(Tuple(String, String))}
GROUP BY subject
"""

LAST_TOLD = """
SELECT alert_id, argMax((number, at, to_state, evidence), number) AS told
FROM alert_transitions WHERE alert_id IN {alerts:Array(String)} AND notEmpty(receivers) GROUP BY alert_id
"""


def with_background(client: Client, changes: Sequence[Change], since: Mapping[int, int]) -> list[Change]:
    """The same changes with richer facts; `since`: partition → offset that the look before had reached.

    A change without facts, which a person made, stays as it is.
    """
    done: list[Change] = []
    for first in range(0, len(changes), CHANGES_AT_ONCE):
        done += _enriched(client, changes[first : first + CHANGES_AT_ONCE], since)
    return done


def _enriched(client: Client, changes: Sequence[Change], since: Mapping[int, int]) -> list[Change]:
    """What is read here waits for nothing else that is read here, so all of it is asked for at once."""
    cells = [one for one in changes if one.facts and one.scope.rule in CELL_RULES]
    with ThreadPoolExecutor(READS_AT_ONCE) as pool:
        tipping = pool.submit(read_tipping, client, [one.scope for one in cells], since)
        weighing = pool.submit(_contributors, client, cells)
        looking_back = pool.submit(_right_then, client, cells)
        told = read_last_told(client, [one.scope.alert_id for one in changes if one.facts])
        events, weights, then = tipping.result(), weighing.result(), looking_back.result()
    richer = []
    for change in changes:
        cell, facts = _cell(change.scope), dict(change.facts)
        if facts and change.scope.rule in CELL_RULES:
            facts |= {"events": events.get(cell, []), "contributors": weights.get((cell, facts["window"]["as_of"]), [])}
        facts |= then.get(change.id, {})
        if facts and change.scope.alert_id in told:
            facts["difference"] = _difference(facts, told[change.scope.alert_id])
        richer.append(replace(change, facts=facts))
    return richer


def _right_then(client: Client, changes: Sequence[Change]) -> dict[str, dict[str, Any]]:
    """Change → the figures of the moment it fired, as they are known now; of those that are withdrawn."""
    fired = [(one, at) for one in changes if one.state.name == "withdrawn" and (at := one.state.fired_at)]
    cells = read_cells_known_now(client, [(one.scope, at) for one, at in fired])
    return {one.id: then_facts(cell) for (one, _), cell in zip(fired, cells, strict=True)}


def read_tipping(
    client: Client, scopes: Sequence[Scope], since: Mapping[int, int]
) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """(figure, unit) → the latest events that moved the cell after `since`, newest first."""
    if not scopes:
        return {}
    marks = since or {-1: -1}
    wanted = {
        "cells": sorted({_cell(scope) for scope in scopes}),
        "partitions": list(marks),
        "offsets": list(marks.values()),
        "most": EVENTS_SHOWN,
    }
    moves = list(client.query(MOVES, parameters=wanted).named_results())
    places = sorted({(move["part"], move["place"]) for move in moves})
    rows = client.query(EVENTS_AT, parameters={"places": places}).result_rows if places else []
    told = {(part, place, subject): event for part, place, subject, event in rows}
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for move in moves:
        if event := told.get((move["part"], move["place"], move["subject"])):
            found.setdefault((move["figure"], move["unit"]), []).append(_event(move["subject"], event))
    return found


def _event(subject: str, event: tuple[Any, ...]) -> dict[str, Any]:
    source, id_, kind, time, received = event
    return {
        "source": source,
        "id": id_,
        "type": kind,
        "subject": subject,
        "time": time.isoformat(),
        "received": received.isoformat(),
        "late": received - time > LATE and received.astimezone(LOCAL).date() != time.astimezone(LOCAL).date(),
    }


def _contributors(client: Client, changes: Sequence[Change]) -> dict[tuple[tuple[str, str], str], list[dict[str, Any]]]:
    """((figure, unit), as of) → whose misses weigh most; one query per period, of which there are two in January.

    Of a unit's filings the procedures come first, as a count among the newest misses (`among`).
    """
    windows = {(one.facts["window"]["start"], one.facts["window"]["as_of"]) for one in changes}
    found: dict[tuple[tuple[str, str], str], list[dict[str, Any]]] = {}
    for start, as_of in sorted(windows):
        cells = sorted({_cell(one.scope) for one in changes if one.facts["window"]["as_of"] == as_of})
        wanted = {"cells": cells, "start": start, "as_of": as_of, "most": CONTRIBUTORS_SHOWN}
        with ThreadPoolExecutor(1) as pool:
            weights = pool.submit(_weights, client, wanted)
            for cell, weight in [*_procedures(client, wanted), *weights.result()]:
                found.setdefault((cell, as_of), []).append(weight)
    return found


def _weights(client: Client, wanted: Mapping[str, Any]) -> list[tuple[tuple[str, str], dict[str, Any]]]:
    rows = client.query(CONTRIBUTORS, parameters=dict(wanted)).named_results()
    return [((one["figure"], one["unit"]), {"thing": one["thing"], "missing": int(one["missing"])}) for one in rows]


def _procedures(client: Client, wanted: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """Of the newest filings that miss. Three small questions cost a third of one with everything in it: planning."""
    asked = {**wanted, "cells": wanted["cells"][:PROCEDURE_CELLS], "filings": FILINGS_ASKED}
    misses = client.query(MISSES, parameters=asked).result_rows
    about = _procedure_of(client, {unit for _, unit in asked["cells"]}, {subject for _, _, subject, _ in misses})
    counts: dict[tuple[str, str], Counter[str]] = {}
    for figure, unit, subject, _ in misses:
        if procedure := about.get(subject):
            counts.setdefault((figure, unit), Counter())[procedure] += 1
    for cell, count in counts.items():
        for procedure, missing in sorted(count.items(), key=lambda one: (-one[1], one[0]))[:CONTRIBUTORS_SHOWN]:
            yield cell, {"thing": f"procedure/{procedure}", "missing": missing, "among": FILINGS_ASKED}


def _procedure_of(client: Client, units: Collection[str], filings: Collection[str]) -> dict[str, str]:
    """Filing → procedure; of the cells' own units alone: of the province no filing is looked up."""
    if not filings:
        return {}
    asked = {"units": sorted(units), "subjects": sorted(filings)}
    receipts = client.query(RECEIPTS, parameters=asked).result_rows
    rows = client.query(PROCEDURES, parameters={"receipts": receipts}).result_rows if receipts else []
    return {str(subject): str(procedure) for subject, procedure in rows}


def read_last_told(client: Client, alerts: Sequence[str]) -> dict[str, tuple[int, Any, str, dict[str, Any]]]:
    """Alert → (number, when, state, evidence) of what receivers were told last."""
    if not alerts:
        return {}
    rows = client.query(LAST_TOLD, parameters={"alerts": list(alerts)}).result_rows
    return {alert: (told[0], told[1], told[2], json.loads(told[3])) for alert, told in rows}


def _difference(facts: Mapping[str, Any], told: tuple[int, Any, str, dict[str, Any]]) -> dict[str, Any]:
    number, at, state, before = told
    moved = {name: facts[name] - before[name] for name in ("numerator", "denominator") if _both(facts, before, name)}
    return {"number": number, "at": at.isoformat(), "state": state, **moved}


def _both(facts: Mapping[str, Any], before: Mapping[str, Any], name: str) -> bool:
    return isinstance(facts.get(name), int) and isinstance(before.get(name), int)


def _cell(scope: Scope) -> tuple[str, str]:
    return scope.figure, scope.unit
