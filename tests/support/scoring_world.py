"""A log, one worker and two tables in memory, around the real folder, buffer, sink, marks and restore.

Nothing here decides: it keeps what the engine would keep, and breaks where an engine, a worker or a network breaks.
"""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from enum import Enum
from typing import Any, TypeVar, cast

import structlog
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from services.scoring.blocks import Folder
from services.scoring.buffer import Buffer, LogRecord
from services.scoring.engine import seed
from services.scoring.facts import Facts
from services.scoring.fence import Fence
from services.scoring.log_reader import LogReader
from services.scoring.marks import Marks
from services.scoring.restore import SEED_OFFSET, Identity, Restore, unusable
from services.scoring.sheet import Amounts, Fate
from services.scoring.sink import Block, Output, Sink
from services.scoring.store import MemoryStore
from services.scoring.tables import EVENT_COLUMNS, LEDGER_COLUMNS, Row, Tables
from shared.contracts.event import Envelope, Event, encode_envelope
from tests.support.ledger_sums import Cells, cells_on
from tests.support.reference_model import tally
from tests.support.reference_receipts import Told, answer, told_about

T = TypeVar("T")

FIRST_RECEIVED_MS = 1_772_500_000_000
MAX_ROWS = 50
"""Far below the setting, so that blocks are also cut by their rows."""

TABLES = Tables("t", 1)
IDENTITY = Identity("readings", "facts", "boot")
EVENT_AT = {name: place for place, name in enumerate(EVENT_COLUMNS)}
LEDGER_AT = {name: place for place, name in enumerate(LEDGER_COLUMNS)}

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


class Fault(Enum):
    """Where something breaks while a block is written."""

    NONE = "none"
    LOST_REQUEST = "the insert never arrives and its outcome is unknown"
    LOST_ANSWER = "the insert is done and its outcome is unknown"
    DIES_AFTER_EVENTS = "kill -9 between the two tables"
    DIES_AFTER_LEDGER = "kill -9 before the store"


class KilledError(Exception):
    """The worker is gone."""


class MemoryTables:
    """The rows of both tables; a table's mark is the highest offset that it holds."""

    def __init__(self) -> None:
        self.events: list[Row] = []
        self.ledger: list[Row] = []

    def marks(self) -> Marks:
        """As `marks.read_marks`."""
        return Marks(_highest(self.events, EVENT_AT["offset"]), _highest(self.ledger, LEDGER_AT["offset"]))


class MemorySink(Sink):
    """The real sink; only claims and inserts go to memory, where they may break once."""

    def __init__(self, tables: MemoryTables) -> None:
        super().__init__(cast("Client", None), TABLES, 0)
        self._rows = tables
        self.fault = Fault.NONE
        self._fence = cast("Fence", self)
        self.marks = tables.marks()

    def reclaim(self) -> Marks:
        """As `Fence.reclaim`."""
        return self._rows.marks()

    def insert(self, table: str, blocks: Sequence[Block]) -> None:
        """As `Sink.insert`, without tokens."""
        fault = self.fault
        if fault is Fault.LOST_REQUEST:
            self.fault = Fault.NONE
            raise DatabaseError("time-out")
        for sink, output in blocks:
            getattr(self._rows, table).extend(sink.rows(table, output))
        if fault is Fault.LOST_ANSWER:
            self.fault = Fault.NONE
            raise DatabaseError("time-out")
        if fault is (Fault.DIES_AFTER_EVENTS if table == "events" else Fault.DIES_AFTER_LEDGER):
            raise KilledError


class MemoryLogReader:
    """As `LogReader`, over a list, in chunks of three records."""

    def __init__(self, log: list[LogRecord]) -> None:
        self._log = log

    async def bounds(self, partition: int) -> tuple[int, int]:
        """As `LogReader.bounds`."""
        del partition
        return 0, len(self._log)

    async def records(self, partition: int, first: int, last: int) -> AsyncIterator[list[LogRecord]]:
        """As `LogReader.records`."""
        del partition
        for start in range(first, last + 1, 3):
            yield self._log[start : min(start + 3, last + 1)]


class ScoringWorld:
    """`send` appends a record to the log, `work` writes a block, `assert_exact` compares with the reference."""

    def __init__(self, facts: Facts, register: Sequence[str]) -> None:
        self._facts, self._register = facts, register
        self._log: list[LogRecord] = []
        self._envelopes: list[list[Event]] = []
        self._tables = MemoryTables()
        self._folder = Folder(facts, 1, MAX_ROWS)
        self._store, self._buffer, self._next = MemoryStore(), Buffer(), 0
        self.outcomes: set[str] = set()
        """Every outcome that a receipt had."""
        self._start()

    @property
    def backlog(self) -> int:
        """Records that wait."""
        return len(self._buffer)

    def send(self, events: Sequence[Event]) -> None:
        """One envelope at the end of the log."""
        offset = len(self._log)
        value = encode_envelope(Envelope(FIRST_RECEIVED_MS + offset, list(events)))
        self._log.append(LogRecord(0, offset, FIRST_RECEIVED_MS + offset, value))
        self._envelopes.append(list(events))
        self._buffer.offer(self._log[-1])

    def work(self, records: int, fault: Fault) -> None:
        """Writes the next block of up to `records` records; a worker that dies is started anew with its store."""
        waiting = [self._log[self._next + n] for n in range(min(records, self.backlog))]
        if not waiting:
            return
        size = sum(len(record.value) for record in waiting)
        taken = self._buffer.take(size, self._sink.marks.boundary(self._next))
        folded = self._folder.fold(self._store, taken)
        self._buffer.give_back(taken[folded.taken :])
        assert not folded.poison
        self._sink.fault = fault
        try:
            self._sink.write(folded.output)
        except KilledError:
            self._start()
            return
        self._store.commit(folded.records, IDENTITY.at(folded.output.last_offset))
        self._next = folded.output.last_offset + 1

    def restart(self, *, keep_store: bool) -> None:
        """A new owner of the partition, with the store or without."""
        if not keep_store:
            self._store = MemoryStore()
        self._start()

    def assert_exact(self, days: Sequence[int], first_day: int) -> None:
        """Every cell and exclusion of each day, and every receipt, equal the reference over what is processed."""
        marks = self._tables.marks()
        processed = [event for envelope in self._envelopes[: marks.ledger + 1] for event in envelope]
        entries = [_entry(row) for row in self._tables.ledger if row[0] == "entry"]
        for day in days:
            expected = tally(processed, self._facts, first_day, day, self._register)
            cells: Cells = cells_on(entries, first_day, day)
            assert cells == expected, f"cells on day {day}"
        heard = [event for envelope in self._envelopes[: marks.events + 1] for event in envelope]
        told, said = told_about(heard, self._facts), self._receipts()
        assert said.events == told.events, "receipts"
        assert told.covers(said.again), "receipts of repeated events"
        self.outcomes |= {row[0] for row in said.events.values()} | {outcome for _, outcome in said.again}

    def _start(self) -> None:
        """Takes over, restores the store up to the ledger's mark, and reads on behind it."""
        self._sink = MemorySink(self._tables)
        if self._sink.marks.ledger < SEED_OFFSET:
            block = seed(self._facts, 0, 1)
            self._sink.write(Output(block.events, block.ledger, SEED_OFFSET, 0))
        mark = self._sink.marks.ledger
        if unusable(self._store.state(), IDENTITY, mark):
            self._store = MemoryStore()
        reader = cast("LogReader", MemoryLogReader(self._log))
        restore = Restore(reader, self._folder, self._facts, IDENTITY, 1)
        _finished(restore.fill(self._store, 0, mark, _at_once))
        self._next = mark + 1
        self._buffer = Buffer()
        self._buffer.expect(self._next)
        for record in self._log[self._next :]:
            self._buffer.offer(record)

    def _receipts(self) -> Told:
        """The newest row of each event as the api reads it, and how often it came again; heartbeats have their own."""
        told = Told({}, Counter(), {})
        newest: dict[tuple[str, str, str], tuple[Any, ...]] = {}
        positions: set[tuple[object, ...]] = set()
        for row in self._tables.events:
            at = {name: row[place] for name, place in EVENT_AT.items()}
            if at["kind"] == "mark":
                continue
            position = (at["subject"], at["source"], at["id"], at["offset"], at["seq"], at["outcome"])
            assert position not in positions, f"doubled row {position}"
            positions.add(position)
            if at["type"] == "system.heartbeat":
                continue
            ident = (str(at["subject"]), str(at["source"]), str(at["id"]))
            if at["outcome"] in ("duplicate", "conflict"):
                assert at["other_id"] == at["id"]
                told.again[ident, str(at["outcome"])] += 1
                continue
            if ident not in newest or (at["offset"], at["seq"]) > (newest[ident][0], newest[ident][1]):
                fate = Fate(*(at[name] for name in ("outcome", "other_id", "cells", "exclusions")))  # type: ignore[arg-type]
                newest[ident] = (at["offset"], at["seq"], fate)
        told.events.update({ident: answer(row[2]) for ident, row in newest.items()})
        return told


def _entry(row: Row) -> tuple[str, str, int, str, Amounts]:
    _, reading, unit, day, _, _, _, num, den, excluded, reason, *_ = row
    return reading, unit, day, reason, (num, den, excluded)  # type: ignore[return-value]


def _highest(rows: list[Row], place: int) -> int:
    return max((cast("int", row[place]) for row in rows), default=-2)


async def _at_once(function: Callable[[], T]) -> T:
    return function()


def _finished(coroutine: Coroutine[Any, Any, T] | Awaitable[T]) -> T:
    """The result of a coroutine that never waits, without the price of an event loop."""
    try:
        cast("Coroutine[Any, Any, T]", coroutine).send(None)
    except StopIteration as done:
        return cast("T", done.value)
    raise AssertionError("it waits for something")
