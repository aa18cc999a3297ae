"""What must hold after every round, asked in SQL and compared with the client's own list."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from clickhouse_connect.driver.client import Client as ClickHouse

from shared.clickhouse import writer
from shared.settings import SharedSettings
from tests.chaos.client import Book
from tests.chaos.story import READINGS, Counted, Filing, possible, round_prefix
from tests.support.stack import LocalStack

EVENTS, LEDGER = "events_1", "ledger_1"
SHOWN = 5
"""Examples of each kind of difference."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not hold. `kind`: lost, doubled, wrong, rows, projection, alerts, answer, stuck."""

    kind: str
    what: str


class Tables:
    """The tables of a stack, read and commanded as the writer; every answer is that of the base tables."""

    def __init__(self, stack: LocalStack) -> None:
        settings = SharedSettings(
            clickhouse_port=stack.port("engine"),
            clickhouse_password_file=stack.settings.secrets / "engine-writer",
        )
        self._client: ClickHouse = writer(settings)

    def rows(self, sql: str, **settings: Any) -> list[tuple[Any, ...]]:
        """Of one query; projections are off unless told."""
        return [
            tuple(row)
            for row in self._client.query(sql, settings={"optimize_use_projections": 0, **settings}).result_rows
        ]

    def command(self, sql: str) -> None:
        """A statement without an answer."""
        self._client.command(sql)

    def close(self) -> None:
        """Closes the connection."""
        self._client.close()

    def ids(self, prefix: str) -> set[str]:
        """Ids in `events` that begin so."""
        return {str(row[0]) for row in self.rows(f"SELECT DISTINCT id FROM {EVENTS} WHERE startsWith(id, '{prefix}')")}

    def nets(self, prefix: str) -> dict[str, Counted]:
        """Subject → what the ledger sums to, of the subjects whose events' ids begin so."""
        nets: defaultdict[str, dict[tuple[str, str, str], tuple[int, int]]] = defaultdict(dict)
        sql = (
            f"SELECT subject, reading, unit, toString(day), sum(num) AS n, sum(den) AS d FROM {LEDGER} "
            f"WHERE reading IN {READINGS} AND startsWith(id, '{prefix}') "
            "GROUP BY subject, reading, unit, day HAVING n != 0 OR d != 0"
        )
        for subject, reading, unit, day, num, den in self.rows(sql):
            nets[subject][reading, unit, day] = (int(num), int(den))
        return dict(nets)


def differences(tables: Tables, books: Iterable[Book]) -> list[Difference]:
    """Of these rounds, and of the tables as a whole."""
    found: list[Difference] = []
    for book in books:
        prefix = round_prefix(book.number)
        found += [Difference("answer", text) for text in book.unexpected[:SHOWN]]
        lost = book.accepted - tables.ids(prefix)
        found += [Difference("lost", f"{len(lost)} accepted, not in events: {sorted(lost)[:SHOWN]}")] * bool(lost)
        found += miscounted(book.filings, book.accepted, tables.nets(prefix))
    return found + whole(tables)


def miscounted(filings: Iterable[Filing], accepted: set[str], nets: Mapping[str, Counted]) -> list[Difference]:
    """Filings whose figures are none of those that the accepted events allow."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for filing in filings:
        allowed, net = possible(filing, accepted), nets.get(filing.subject, {})
        if net not in allowed:
            name, expected = min(filing.ids()).rpartition("-")[0], [dict(one) for one in allowed[:2]]
            found[_kind(net, allowed)].append(f"{name} sums to {dict(net)}, expected {expected}")
    return [Difference(kind, f"{len(texts)} filings: {'; '.join(texts[:SHOWN])}") for kind, texts in found.items()]


def _kind(net: Counted, allowed: list[Counted]) -> str:
    """Doubled: more than once in some reading. Lost: less than any of the allowed."""
    dens = Counter[str]()
    for (reading, _, _), (_, den) in net.items():
        dens[reading] += den
    if max([*dens.values(), 0]) > 1 or max([abs(den) for _, den in net.values()], default=0) > 1:
        return "doubled"
    return "lost" if all(net.items() < one.items() for one in allowed) else "wrong"


def whole(tables: Tables) -> list[Difference]:
    """What needs no list: nothing twice, tables equal to their projections."""
    return [*_repeated(tables), *_projections(tables)]


def _repeated(tables: Tables) -> list[Difference]:
    row, mark = "(kind, partition, offset, seq, source, id, outcome, other_id)", "(partition, offset)"
    several = "HAVING sum(den) NOT IN (0, 1) OR sum(num) NOT IN (0, 1)"
    questions = {
        "rows of events": f"count() - uniqExact(cityHash64{row}) FROM {EVENTS}",
        "marks of events": f"count() - uniqExact{mark} FROM {EVENTS} WHERE kind = 'mark'",
        "marks of the ledger": f"count() - uniqExact{mark} FROM {LEDGER} WHERE kind = 'mark'",
        "subjects that count more than once": (
            f"count() FROM (SELECT subject FROM {LEDGER} WHERE reading IN {READINGS} "
            f"GROUP BY subject, reading {several})"
        ),
        "alert transitions": "count() - uniqExact(alert_id, number) FROM alert_transitions",
    }
    counts = {name: int(tables.rows(f"SELECT {sql}")[0][0]) for name, sql in questions.items()}
    return [Difference("doubled", f"{count} {name}") for name, count in counts.items() if count]


def _projections(tables: Tables) -> list[Difference]:
    """The same question answered from the rows and from the projection."""
    sums = "sum(num) AS n, sum(den) AS d, sum(excluded) AS e"
    questions = {
        "days of the ledger": (
            "SELECT sum(cityHash64(reading, unit, day, reason, n, d, e)), count() FROM "
            f"(SELECT reading, unit, day, reason, {sums} FROM {LEDGER} GROUP BY reading, unit, day, reason)"
        ),
        "marks of the ledger": f"SELECT partition, max(offset) FROM {LEDGER} GROUP BY partition ORDER BY partition",
        "marks of events": f"SELECT partition, max(offset) FROM {EVENTS} GROUP BY partition ORDER BY partition",
        "sources": f"SELECT source, max(received) FROM {EVENTS} GROUP BY source ORDER BY source",
    }
    forced = {"optimize_use_projections": 1, "force_optimize_projection": 1}
    different = [name for name, sql in questions.items() if tables.rows(sql) != tables.rows(sql, **forced)]
    return [Difference("projection", name) for name in different]
