"""Receipts: what became of one event with all its deliveries, and a sender's own events of one outcome, page by page.

Every query is bound to a source and, if the key is restricted, to its units: what only others may see is never read.
"""

from collections.abc import Collection, Mapping
from typing import Any

from services.api import models, queries
from services.api.answers import receipt as event_receipt
from services.api.queries import Reader, Row
from services.api.wording import outcome_words
from shared.keys import KeyRecord, Role

LATE_DAYS = 7
"""Later than a week after it happened, an event moves a week that its unit has already reported on and worked with."""

REJECTED = "rejected"
LATE = "late"
REPEATED = frozenset({"duplicate", "conflict"})
"""Outcomes of a single delivery: the event itself has another one."""

# The texts that are put together here are constants of this module; values are only ever bound.
_MINE = "source = {source:String} AND (empty({units:Array(String)}) OR has({units:Array(String)}, unit))"

_COLUMNS = "source, id, subject, type, unit, time, received, outcome, other_id"
_REPEATS = "outcome = 'duplicate' OR (outcome = 'conflict' AND other_id = id)"

DELIVERIES = f"""
SELECT subject, type, unit, time, received, outcome, partition, offset FROM events
WHERE {_MINE} AND id = {{id:String}} AND kind = 'event' AND ({_REPEATS})
ORDER BY received, partition, offset, seq LIMIT 100
"""  # noqa: S608

BY_FATE = f"""
SELECT {_COLUMNS} FROM (
    SELECT {_COLUMNS} FROM events
    WHERE {_MINE} AND id > {{after:String}} AND kind = 'event' AND NOT ({_REPEATS})
    ORDER BY id, offset DESC, seq DESC LIMIT 1 BY id
)
WHERE if({{outcome:String}} = 'late', received > time + toIntervalDay({{late_days:UInt8}}),
         outcome = {{outcome:String}})
ORDER BY id LIMIT {{limit:UInt32}}
"""  # noqa: S608
"""The newest word on each event; an event has one row more for every change of its fate."""

BY_REPEAT = f"""
SELECT {_COLUMNS} FROM events
WHERE {_MINE} AND id > {{after:String}} AND kind = 'event' AND outcome = {{outcome:String}}
ORDER BY id, offset DESC, seq DESC LIMIT 1 BY id LIMIT {{limit:UInt32}}
"""  # noqa: S608

_TOLD = """
source = {source:String}
AND (empty({units:Array(String)}) OR key_id = {key_id:String} OR has({units:Array(String)}, unit))
"""
_NOTE = "source, id, '' AS subject, type, unit, at AS received, 'rejected' AS outcome, '' AS other_id, reason, pointer"

REJECTIONS = f"""
SELECT {_NOTE} FROM rejections WHERE {_TOLD} AND id > {{after:String}}
ORDER BY id, at DESC LIMIT 1 BY id LIMIT {{limit:UInt32}}
"""  # noqa: S608

REJECTION = f"SELECT {_NOTE} FROM rejections WHERE {_TOLD} AND id = {{id:String}} ORDER BY at DESC LIMIT 1"  # noqa: S608


async def one(reader: Reader, key: KeyRecord, source: str, event_id: str) -> models.Receipt | None:
    """What the key may know of an event; None also for what it may not."""
    if not _may_see(key, source):
        return None
    mine = _mine(key, source) | {"id": event_id}
    row = await queries.receipt(reader, source, event_id, _units(key))
    if row is None:
        refused = await reader.rows(REJECTION, mine)
        return rejection(refused[0]) if refused else None
    return event_receipt(row).model_copy(
        update={"repeats": [repeat(again) for again in await reader.rows(DELIVERIES, mine)], "late": late(row)}
    )


async def page(
    reader: Reader, key: KeyRecord, source: str, outcome: str, cursor: tuple[str, int]
) -> models.Receipts | None:
    """The events of one outcome by id; `cursor` is (after, limit). None for a source that is not the key's."""
    if not _may_see(key, source):
        return None
    after, limit = cursor
    asked = {"after": after, "limit": limit + 1, "outcome": outcome, "late_days": LATE_DAYS}
    sql = REJECTIONS if outcome == REJECTED else BY_REPEAT if outcome in REPEATED else BY_FATE
    rows = await reader.rows(sql, _mine(key, source) | asked)
    found = [line(row) for row in rows[:limit]]
    return models.Receipts(outcome=outcome, events=found, next=found[-1].id if len(rows) > limit else None)


def rejection(row: Row) -> models.Receipt:
    """The receipt of an event that ingest refused: it is in no log and no figure."""
    words = outcome_words(REJECTED)
    fields = {"cells": [], "exclusions": [], "sentence": words.vi, "sentence_en": words.en}
    return models.Receipt.model_validate({**row, **fields})


def repeat(row: Row) -> models.Repeat:
    """A delivery under the (source, id) of an event that was there before it."""
    words = outcome_words(row["outcome"])
    return models.Repeat.model_validate({**row, "sentence": words.vi, "sentence_en": words.en})


def line(row: Row) -> models.ReceiptLine:
    """A row of a list."""
    words = outcome_words(row["outcome"])
    return models.ReceiptLine.model_validate({**row, "late": late(row), "sentence": words.vi, "sentence_en": words.en})


def late(row: Mapping[str, Any]) -> bool:
    """Whether it was received later than `LATE_DAYS` after it happened."""
    return "time" in row and (row["received"] - row["time"]).total_seconds() > LATE_DAYS * 86_400


def _mine(key: KeyRecord, source: str) -> dict[str, Any]:
    return {"source": source, "units": sorted(_units(key)), "key_id": key.key_id}


def _units(key: KeyRecord) -> Collection[str]:
    return key.units if key.role is Role.EMIT else ()


def _may_see(key: KeyRecord, source: str) -> bool:
    return key.role is not Role.EMIT or source == f"/systems/{key.system}"
