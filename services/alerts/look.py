"""Reads what one evaluation needs. The board with its watermark comes first, in one query; what follows is as new.

Scoring writes `events` before the ledger, so whatever is read after the board knows at least what the board knows.
All values are bound; all of it blocks.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from clickhouse_connect.driver.client import Client

from services.alerts.sights import duties, links, security, systems
from services.alerts.snapshot import Cell, Quality, Snapshot, Source
from services.alerts.watermark import Watermark
from shared.catalogue import Catalogue
from shared.local_time import LOCAL
from shared.schema.projections import viewed_version
from shared.schema.statements import cells_to_judge

SYSTEMS = "/systems/"

LATE_DAYS = 2
"""A source that sends each night is not late after a day; after two a figure of yesterday was wrong."""

QUALITY_DAYS = 7

ONE_THREAD = {"max_threads": 1}
"""A look is short and repeated; on several threads it costs a tenth more CPU, which others wait for."""

SOURCES = """
SELECT source, cadence_days, last_time, last_received, silent,
       (SELECT min(published) FROM catalogue_version) AS installed
FROM sources(as_of = {as_of:Date})
"""

STATES = "SELECT * FROM statements(now_us = {now_us:Int64})"
BEATS = "SELECT * FROM heartbeats(now_us = {now_us:Int64})"

QUALITY = """
SELECT source, sum(sent) AS events, sum(conflicting) AS conflicts, sum(delayed) AS late, sum(refused) AS rejected
FROM (
    SELECT source, count() AS sent, countIf(outcome = 'conflict') AS conflicting,
           countIf(received > time + toIntervalDay({late_days:UInt8})) AS delayed, 0 AS refused
    FROM events WHERE kind = 'event' AND received > fromUnixTimestamp64Micro({since_us:Int64}, 'UTC') GROUP BY source
    UNION ALL
    SELECT source, 0, 0, 0, count() FROM rejections
    WHERE at > fromUnixTimestamp64Micro({since_us:Int64}, 'UTC') GROUP BY source
)
GROUP BY source
"""


def read_snapshot(
    client: Client, period: str, now: datetime, catalogue: Catalogue, beside: Callable[[], Mapping[str, Any]]
) -> Snapshot:
    """The cells as of `now`, and unless the period is over, what is `beside` them: asked for once they are read."""
    as_of = now.astimezone(LOCAL).date()
    rows = _judged(client, {"period": period, "as_of": as_of})
    marks = rows[0]["watermark"] if rows else ()
    cells = tuple(_cell(row, catalogue) for row in rows)
    watermark = tuple(Watermark(partition, offset, received.isoformat()) for partition, offset, received in marks)
    seen = Snapshot(period, as_of, now, watermark, cells, catalogue.working_days)
    return seen if as_of > catalogue.periods.parse_period(period).end else replace(seen, **beside())


def read_beside(client: Client, now: datetime, catalogue: Catalogue) -> dict[str, Any]:
    """`sources`, `systems`, `links`, `security` and `duties` of a snapshot as of `now`."""
    with ThreadPoolExecutor(1) as pool:
        sources = pool.submit(_sources, client, now.astimezone(LOCAL).date(), catalogue)
        sights = _sights(client, now, catalogue)
    return {"sources": sources.result(), **sights}


def _judged(client: Client, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Cells with a target and their stamp; `asked` has period and as_of."""
    database = str(client.database)
    query = cells_to_judge(database, viewed_version(client, database))
    return list(client.query(query, parameters=dict(asked), settings=ONE_THREAD).named_results())


def read_events_known_now(client: Client, now: datetime, catalogue: Catalogue) -> Snapshot:
    """Systems, links, security events and duties as of an instant, by the events that are effective now."""
    as_of = now.astimezone(LOCAL).date()
    seen = Snapshot(str(as_of.year), as_of, now, (), (), catalogue.working_days)
    return replace(seen, **_sights(client, now, catalogue))


def _cell(row: Mapping[str, Any], catalogue: Catalogue) -> Cell:
    figure, unit = catalogue.figures.get(row["figure"]), row["unit"]
    indicator = catalogue.indicators.get(row["indicator"])
    return Cell(
        indicator=row["indicator"],
        figure=row["figure"],
        figure_vi=figure.name_vi if figure else row["figure"],
        counted_vi=indicator.unit_of_count.vi if indicator else "",
        unit=unit,
        unit_vi=unit_name(unit, catalogue),
        **{name: row[name] for name in _COPIED},
        flags=tuple(row.get("flags", ())),
        source_silent=bool(row.get("source_silent", False)),
    )


_COPIED = (
    "period", "start", "end", "as_of", "num", "den", "no_data", "recent_num", "recent_den", "expected_den", "target",
    "comparator", "legal_row", "catalogue_version",
)  # fmt: skip


def _sights(client: Client, now: datetime, catalogue: Catalogue) -> dict[str, Any]:
    """What single events say, by the newest of each subject."""
    wanted = {"now_us": microseconds(now)}
    with ThreadPoolExecutor(1) as pool:
        beating = pool.submit(client.query, BEATS, parameters=wanted)
        states = list(client.query(STATES, parameters=wanted).named_results())
    beats = beating.result()
    today = now.astimezone(LOCAL).date()
    return {
        "systems": systems(states, {str(subject): last for subject, last in beats.result_rows}, today, catalogue),
        "links": links(states, catalogue),
        "security": security(states, catalogue),
        "duties": duties(states, today, catalogue),
    }


def _sources(client: Client, as_of: date, catalogue: Catalogue) -> tuple[Source, ...]:
    rows = client.query(SOURCES, parameters={"as_of": as_of}).named_results()
    return tuple(_source(row, catalogue) for row in rows)


def _source(row: Mapping[str, Any], catalogue: Catalogue) -> Source:
    code, name, unit = _system(row["source"], catalogue)
    known = catalogue.systems.get(code)
    fed = [i for i in catalogue.indicators.values() if known and set(i.feeds) & set(known.emits)]
    return Source(
        code,
        name,
        unit,
        unit_name(unit, catalogue),
        row["cadence_days"],
        known.cadence_minutes if known else None,
        row["last_time"] if row["last_received"].timestamp() > 0 else None,
        bool(row["silent"]),
        tuple(f"{one.code} {one.name_vi}" for one in fed),
        row["installed"].astimezone(LOCAL).date(),
    )


def read_quality(client: Client, now: datetime, catalogue: Catalogue) -> tuple[Quality, ...]:
    """What each source sent and had refused in the last 7 days."""
    since = microseconds(now - timedelta(days=QUALITY_DAYS))
    rows = client.query(QUALITY, parameters={"since_us": since, "late_days": LATE_DAYS}).named_results()
    return tuple(_quality_row(row, catalogue) for row in rows if row["source"].startswith(SYSTEMS))


def _quality_row(row: Mapping[str, Any], catalogue: Catalogue) -> Quality:
    code, name, unit = _system(row["source"], catalogue)
    counts = (int(row[measure]) for measure in ("events", "conflicts", "late", "rejected"))
    return Quality(code, name, unit, unit_name(unit, catalogue), *counts)


def _system(source: str, catalogue: Catalogue) -> tuple[str, str, str]:
    """(code, name, owner) of an emitter."""
    code = source.removeprefix(SYSTEMS)
    known = catalogue.systems.get(code)
    return (code, known.name_vi, known.owner) if known else (code, code, "")


def unit_name(unit: str, catalogue: Catalogue) -> str:
    """Vietnamese name; a unit that this catalogue does not know keeps its code."""
    known = catalogue.units.get(unit)
    return known.name_vi if known else unit


def microseconds(instant: datetime) -> int:
    """Since 1970."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
