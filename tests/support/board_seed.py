"""A believable year on the board, written straight into the tables: for looking at pages and for testing the api.

Not for testing rates: the simulator and the readings' cases do that through the whole pipeline.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random

from clickhouse_connect.driver.client import Client

from tests.support.engine import EngineProcess
from tests.support.schema import OWNER_TOKEN as TOKEN
from tests.support.schema import Schema, create_schema

SEED = 155
YEAR_START = date(2026, 1, 1)
LEDGER = "kind reading unit day subject source id num den excluded reason received partition offset token".split()
TRANSITION = (
    "alert_id number rule thing indicator figure unit period change from_state to_state reason severity at sentence_vi "
    "evidence standing token"
).split()
EVENT = (
    "kind source id subject type unit time received outcome other_id cells exclusions data partition offset seq token"
)

WEAK = {"filing_full_online": 0.74, "payment_online": 0.83, "online_login_vneid": 0.91, "inspection_online": 0.66}
"""Share met of readings that stand clearly below their target; all others are close to it or above."""
STRONG = 0.995
SOURCE = "/systems/tthc"


def seeded_schema(engine: EngineProcess, today: date) -> Schema:
    """A database with ledger, heard sources and open alerts of the year up to `today`; the same each time."""
    schema = create_schema(engine)
    client = schema.writer()
    _seed(client, today)
    client.close()
    return schema


def _seed(client: Client, today: date) -> None:
    random, now = Random(SEED), datetime.now(UTC)
    client.insert(
        "scoring_owners_1", [[partition, TOKEN] for partition in range(4)], column_names=["partition", "token"]
    )
    client.insert("alerts_owners", [[0, TOKEN]], column_names=["partition", "token"])
    rows = [*_entries(client, random, today, now), *_marks(now)]
    client.insert("ledger_1", rows, column_names=LEDGER)
    seed_subjects(client, today)
    _hear_sources(client, now)
    _raise_alerts(client, today, now)


def entry(
    reading: str, unit: str, day: date, amounts: tuple[int, int, int], subject: str, reason: str = ""
) -> list[object]:
    """One row of the ledger."""
    received = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
    return ["entry", reading, unit, day, subject, SOURCE, f"e-{subject[-12:]}", *amounts, reason, received, 0, 1, TOKEN]


def mark(partition: int, offset: int, received: datetime) -> list[object]:
    """The row that ends a block."""
    return ["mark", "", "", date(1970, 1, 1), "", "", "", 0, 0, 0, "", received, partition, offset, TOKEN]


def seed_subjects(client: Client, today: date) -> None:
    """Single filings behind T09 of one commune, in each state."""
    states = [((1, 1, 0), ""), ((0, 1, 0), ""), ((0, 0, 1), "not_offered"), ((0, 0, 1), "status_7")]
    rows = [
        entry("filing_full_online", "xa-12070", today - timedelta(days=n % 40), *_with_subject(states[n % 4], n))
        for n in range(120)
    ]
    client.insert("ledger_1", rows, column_names=LEDGER)


def _with_subject(state: tuple[tuple[int, int, int], str], n: int) -> tuple[tuple[int, int, int], str, str]:
    return state[0], f"filing/{n:064x}", state[1]


def _entries(client: Client, random: Random, today: date, now: datetime) -> Iterator[list[object]]:
    del now
    query = (
        "SELECT DISTINCT reading, member, toString(figures.kind) AS counted, own FROM catalogue_rollup AS rollup "
        "INNER JOIN catalogue_figures AS figures ON figures.figure = rollup.figure "
        "WHERE rollup.expected AND reading != 'casefile_online.offline_items' OR own ORDER BY reading, member"
    )
    quality = {
        row[0]: random.gauss(0, 0.05)
        for row in client.query("SELECT unit FROM catalogue_units ORDER BY unit").result_rows
    }
    for reading, unit, kind, own in client.query(query).result_rows:
        share = min(1.0, WEAK.get(reading, STRONG) + quality[unit] * (0.3 if reading not in WEAK else 1.0))
        if kind.startswith("reported") and not own:
            continue
        if own and not kind.startswith("reported"):
            continue
        if reading == "online_login_vneid" and unit != "tt-pvhcc":
            continue
        yield from _series(random, (reading, unit, kind), share, today)


def _series(random: Random, cell: tuple[str, str, str], share: float, today: date) -> Iterator[list[object]]:
    reading, unit, kind = cell
    if kind.startswith("reported"):
        size = random.randint(500_000, 2_600_000)
        yield entry(
            reading,
            unit,
            YEAR_START + timedelta(days=180),
            (int(size * (share - random.random() * 0.2)), size, 0),
            f"count/{reading}/{unit}",
        )
        return
    if kind == "stock":
        size = random.randint(1, 9)
        day = YEAR_START + timedelta(days=random.randint(5, 60))
        yield entry(
            reading, unit, day, (sum(random.random() < share for _ in range(size)), size, 0), f"stock/{reading}/{unit}"
        )
        return
    for week in range((today - YEAR_START).days // 7 + 1):
        day = YEAR_START + timedelta(days=7 * week + random.randint(0, 4))
        size = random.randint(2, 30)
        grown = min(1.0, share - 0.04 + 0.08 * week / 52)
        if day <= today:
            hits = sum(random.random() < grown for _ in range(size))
            yield entry(reading, unit, day, (hits, size, 0), f"flow/{reading}/{unit}/{week}")
            if random.random() < 0.3:
                yield entry(
                    reading,
                    unit,
                    day,
                    (0, 0, random.randint(1, 3)),
                    f"out/{reading}/{unit}/{week}",
                    "awaiting_received",
                )


def _marks(now: datetime) -> list[list[object]]:
    return [mark(partition, 1000 + partition, now) for partition in range(4)]


def _hear_sources(client: Client, now: datetime) -> None:
    sources = [
        row[0] for row in client.query("SELECT DISTINCT source FROM catalogue_emitters ORDER BY source").result_rows
    ]
    rows = [
        [
            "event",
            source,
            f"e-{n}",
            f"seen/{n}",
            "filing.rated",
            "so-y-te",
            now,
            now,
            "counted",
            "",
            [],
            [],
            "{}",
            0,
            n,
            0,
            TOKEN,
        ]
        for n, source in enumerate(sources[1:])
    ]
    client.insert("events_1", rows, column_names=EVENT.split())


def _raise_alerts(client: Client, today: date, now: datetime) -> None:
    found = client.query(
        "SELECT cells.indicator, cells.figure, cells.unit, figures.figure_vi, units.name_vi, num, den, percent, "
        "target, comparator "
        "FROM board(period = '2026', as_of = {day:Date}) AS cells "
        "INNER JOIN catalogue_units AS units ON units.unit = cells.unit "
        "INNER JOIN catalogue_figures AS figures ON figures.figure = cells.figure "
        "WHERE cells.status = 'below' AND units.kind != 'province' AND den > 20 "
        "ORDER BY cityHash64(cells.figure, cells.unit) LIMIT 18",
        parameters={"day": today},
    ).result_rows
    rows = []
    for n, (indicator, figure, unit, figure_vi, unit_vi, num, den, percent, target, comparator) in enumerate(found):
        said = f"{percent:.1f}".replace(".", ",")
        sentence = f"{unit_vi}: {figure_vi} đạt {said}% ({num}/{den}), chưa đạt chỉ tiêu {target}% của kỳ 2026."
        evidence = {
            "numerator": num,
            "denominator": den,
            "percent": percent,
            "target": target,
            "comparator": comparator,
        }
        rows.append(
            [f"below_target:{figure}:{unit}:2026", 1, "below_target", f"{figure}:{unit}:2026", indicator, figure, unit,
             "2026", "state", "ok", "firing", "below_target", "warning", now - timedelta(minutes=17 * n), sentence,
             json.dumps(evidence, ensure_ascii=False), '{"name": "firing", "number": 1, "told": "firing"}', TOKEN]
        )  # fmt: skip
    client.insert("alert_transitions", rows, column_names=TRANSITION)
