"""Recomputes every cell from the log and compares it with the ledger; memory is that of one partition's cells.

The ledger holds differences that were written block by block; the audit folds the log into a store of its own and sums
what the *final* records contribute, so that an error in a difference cannot hide in its own repetition.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, TypeVar

from clickhouse_connect.driver.client import Client

from services.scoring.blocks import Folder
from services.scoring.evaluation import evaluate
from services.scoring.facts import Facts
from services.scoring.log_reader import LogReader
from services.scoring.marks import NOTHING, read_marks
from services.scoring.records import HEARTBEAT, Record, decode_record
from services.scoring.restore import SEED_OFFSET, Identity, Restore
from services.scoring.settings import ScoringSettings
from services.scoring.sheet import Amounts
from services.scoring.store import LmdbStore
from services.scoring.tables import Tables
from shared.topics import partition_of

CellDay = tuple[str, str, int, str]
"""(reading, unit, local day since 1970, reason)"""

WITHOUT_RECORD = ("duplicate", "conflict")
"""Outcomes of deliveries that bring no event of their own; every other row tells the fate of an event."""

T = TypeVar("T")


class Difference(NamedTuple):
    """A cell, or an outcome, that is not what the log says."""

    what: str
    found: object
    expected: object


class Expected(NamedTuple):
    """Amounts by cell and day, without zeros; events by outcome."""

    cells: dict[CellDay, Amounts]
    outcomes: Counter[str]


def expected_of(facts: Facts, subjects: Iterable[str], records: Iterable[Record]) -> Expected:
    """`subjects` of the register that have no record contribute as empty ones (pure)."""
    cells: dict[CellDay, Amounts] = {}
    outcomes: Counter[str] = Counter()
    waiting = dict.fromkeys(subjects)
    for record in _with_empty(waiting, records):
        evaluation = evaluate(facts, record)
        outcomes.update(fate.outcome for fate in evaluation.fates)
        for (reading, unit, day, reason, _, _), amounts in evaluation.entries.items():
            key = (reading, unit, day, reason)
            was = cells.get(key, (0, 0, 0))
            cells[key] = (was[0] + amounts[0], was[1] + amounts[1], was[2] + amounts[2])
    return Expected({key: amounts for key, amounts in cells.items() if any(amounts)}, outcomes)


def _with_empty(waiting: dict[str, None], records: Iterable[Record]) -> Iterator[Record]:
    for record in records:
        waiting.pop(record.subject, None)
        yield record
    yield from map(Record, waiting)


def cell_differences(found: dict[CellDay, Amounts], expected: dict[CellDay, Amounts]) -> list[Difference]:
    """Every cell and day whose amounts differ, in order (pure)."""
    return [
        Difference(cell_name(key), found.get(key, (0, 0, 0)), expected.get(key, (0, 0, 0)))
        for key in sorted(found.keys() | expected.keys())
        if found.get(key, (0, 0, 0)) != expected.get(key, (0, 0, 0))
    ]


def cell_name(key: CellDay) -> str:
    """One cell and day for people."""
    reading, unit, day, reason = key
    return f"{reading} {unit} {date(1970, 1, 1) + timedelta(days=day)}" + (f" ({reason})" if reason else "")


@dataclass
class Audit:
    """Compares one version with the log. `position` is the last offset that is folded."""

    settings: ScoringSettings
    client: Client
    tables: Tables
    facts: Facts
    reader: LogReader
    identity: Identity
    progress: Callable[[int, int], None]
    """Told (partition, offset)."""

    async def partition(self, partition: int) -> tuple[int, list[Difference]]:
        """(records that were folded, differences) up to the marks as they stand now.

        Raises `StartError` when the log does not reach up to a mark: then the marks are wrong, or another log is read.
        """
        marks = await asyncio.to_thread(read_marks, self.client, self.tables, partition)
        differences: list[Difference] = []
        with TemporaryDirectory(prefix="audit-", dir=self.settings.data) as folder:
            store = LmdbStore(Path(folder), self.settings.scoring_store_bytes)
            try:
                for mark in sorted({marks.events, marks.ledger} - {NOTHING}):
                    expected = await self._fold(store, partition, mark)
                    if mark == marks.ledger:
                        found = await asyncio.to_thread(self.found_cells, partition, mark)
                        differences += cell_differences(found, expected.cells)
                    if mark == marks.events:
                        counts = await asyncio.to_thread(self.found_outcomes, partition, mark)
                        differences += _outcome_differences(partition, counts, expected.outcomes)
            finally:
                store.close()
        return max(marks.ledger, marks.events, SEED_OFFSET) + 1, differences

    def foreign_partitions(self) -> list[Difference]:
        """Rows of partitions that the log does not have. Blocks."""
        sql = f"SELECT partition, count() FROM {self.tables.ledger} GROUP BY partition"  # noqa: S608 - own names
        rows = self.client.query(sql).result_rows
        return [
            Difference(f"rows of partition {partition}", count, 0)
            for partition, count in rows
            if partition >= self.settings.partitions
        ]

    async def _fold(self, store: LmdbStore, partition: int, mark: int) -> Expected:
        folder = Folder(self.facts, self.settings.partitions, self.settings.scoring_block_rows)
        restore = Restore(self.reader, folder, self.facts, self.identity, self.settings.partitions)
        async with _reporting(lambda: self.progress(partition, restore.position)):
            await restore.fill(store, partition, mark, _threaded)
        register = [s for s in self.facts.register if partition_of(s, self.settings.partitions) == partition]
        return await asyncio.to_thread(
            lambda: expected_of(self.facts, register, (decode_record(data) for data in store.all()))
        )

    def found_cells(self, partition: int, mark: int) -> dict[CellDay, Amounts]:
        """What the ledger says of a partition up to a mark. Blocks."""
        sql = f"""
            SELECT reading, unit, toInt32(day), reason, sum(num), sum(den), sum(excluded)
            FROM {self.tables.ledger} WHERE kind = 'entry' AND partition = {partition} AND offset <= {mark}
            GROUP BY reading, unit, day, reason"""  # noqa: S608 - own names and numbers
        return {
            (str(reading), str(unit), int(day), str(reason)): (num, den, excluded)
            for reading, unit, day, reason, num, den, excluded in self.client.query(sql).result_rows
            if num or den or excluded
        }

    def found_outcomes(self, partition: int, mark: int) -> Counter[str]:
        """Events by the outcome of their newest row; heartbeats are kept as bits and so are not among them. Blocks."""
        sql = f"""
            SELECT newest, count() FROM (
                SELECT argMax(outcome, (offset, seq)) AS newest FROM {self.tables.events}
                WHERE kind = 'event' AND partition = {partition} AND offset <= {mark}
                  AND outcome NOT IN {WITHOUT_RECORD} AND type != '{HEARTBEAT}'
                GROUP BY source, id, subject SETTINGS optimize_aggregation_in_order = 1
            ) GROUP BY newest"""  # noqa: S608 - own names and numbers
        return Counter({str(outcome): int(count) for outcome, count in self.client.query(sql).result_rows})


def _outcome_differences(partition: int, found: Counter[str], expected: Counter[str]) -> list[Difference]:
    return [
        Difference(f"partition {partition}, events with outcome {outcome}", found[outcome], expected[outcome])
        for outcome in sorted(found.keys() | expected.keys())
        if found[outcome] != expected[outcome]
    ]


async def _threaded(function: Callable[[], T]) -> T:
    return await asyncio.to_thread(function)


@asynccontextmanager
async def _reporting(report: Callable[[], None]) -> AsyncIterator[None]:
    """Reports twice a second while it is open, and once at its end."""

    async def repeat() -> None:
        while True:
            report()
            await asyncio.sleep(0.5)

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        task.cancel()
        report()
