"""Writes the blocks of one partition into both tables, each exactly once, whatever happens on the way."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError

from services.scoring.fence import Fence
from services.scoring.marks import Marks
from services.scoring.metrics import FENCED, INSERT_SECONDS, OUTCOMES, ROWS, UNKNOWN_OUTCOMES
from services.scoring.tables import EVENT_COLUMNS, LEDGER_COLUMNS, Row, Tables, event_mark, ledger_mark
from shared.clickhouse import is_fenced
from shared.errors import FencedError, RetryableError
from shared.logs import get_logger

ONE_PART = {
    "async_insert": 0,
    "max_insert_threads": 1,
    "max_insert_block_size": 100_000_000,
    "min_insert_block_size_rows": 100_000_000,
    "min_insert_block_size_bytes": 0,
    "max_insert_block_size_bytes": 0,
}
"""With these an insert becomes one part, so that it is there whole or not at all; proven at start by a probe."""

FIRST_PAUSE_SECONDS = 0.2
MAX_PAUSE_SECONDS = 5.0
"""Between attempts while ClickHouse is away; the watchdog ends the worker when it takes too long."""

OUTCOME = EVENT_COLUMNS.index("outcome")

log = get_logger(__name__)


class Output(NamedTuple):
    """What a block writes: rows without token, the offset of its last record, and when that was received (ms)."""

    events: list[Row]
    ledger: list[Row]
    last_offset: int
    received: int


class StoppedError(Exception):
    """The partition was given up while an attempt was pending; nothing was written since."""


class Sink:
    """The only writer of a partition's rows. Methods block; one thread at a time."""

    def __init__(self, client: Client, tables: Tables, partition: int) -> None:
        self._client = client
        self._tables = tables
        self._partition = partition
        self._fence = Fence(client, tables, partition)
        self._types: dict[str, Sequence[Any]] = {}
        self._number = 0
        self._stopped = threading.Event()
        self.marks: Marks

    def take_over(self) -> Marks:
        """Claims the partition; keeps trying while ClickHouse is away. Raises `StoppedError`."""
        self.marks = self._persist(self._fence.claim)
        return self.marks

    def write(self, output: Output) -> None:
        """Returns when both tables hold the block. Raises `FencedError` or `StoppedError`.

        A table whose mark is at or above the block's last offset has it already and gets nothing.
        """
        mark = (self._partition, output.last_offset, output.received)
        if output.last_offset > self.marks.events:
            self._insert_once("events", EVENT_COLUMNS, [*output.events, event_mark(*mark)], output.last_offset)
            for outcome, rows in Counter(row[OUTCOME] for row in output.events).items():
                OUTCOMES.labels(outcome).inc(rows)
        if output.last_offset > self.marks.ledger:
            self._insert_once("ledger", LEDGER_COLUMNS, [*output.ledger, ledger_mark(*mark)], output.last_offset)

    def stop(self) -> None:
        """Ends pending retries; an insert that is under way is still awaited. Callable from any thread."""
        self._stopped.set()

    def _insert_once(self, table: str, columns: Sequence[str], rows: list[Row], last_offset: int) -> None:
        while getattr(self.marks, table) < last_offset:
            try:
                with INSERT_SECONDS.labels(table).time():
                    self._insert(getattr(self._tables, table), columns, rows)
            except DatabaseError as error:
                if is_fenced(error):
                    FENCED.inc()
                    raise FencedError(f"partition {self._partition} has another owner") from error
                UNKNOWN_OUTCOMES.inc()
                log.warning("insert_outcome_unknown", table=table, partition=self._partition, cause=_line(error))
                self.marks = self._settled(table, last_offset, self._persist(self._fence.reclaim))
            else:
                setattr(self.marks, table, last_offset)
                ROWS.labels(table).inc(len(rows))

    def _settled(self, table: str, last_offset: int, found: Marks) -> Marks:
        """The marks after an unknown outcome: whether our own block is there, and nothing that we did not write.

        A worker that was frozen between looking at the owner and claiming again has taken the partition back from
        another one that wrote meanwhile. Its block may straddle what that one wrote, so it must not be sent.
        """
        other = "ledger" if table == "events" else "events"
        whole = getattr(found, table) in (getattr(self.marks, table), last_offset)
        if not whole or getattr(found, other) != getattr(self.marks, other):
            FENCED.inc()
            raise FencedError(f"partition {self._partition} was written by another owner")
        return found

    def _insert(self, table: str, columns: Sequence[str], rows: list[Row]) -> None:
        if table not in self._types:
            self._types[table] = self._client.create_insert_context(table, [*columns, "token"]).column_types
        data = [*zip(*rows, strict=True), [self._fence.token] * len(rows)]
        self._number += 1
        query_id = f"{self._tables.query_prefix(self._partition)}{self._fence.token}-{self._number}"
        self._client.insert(
            table,
            data,
            column_names=[*columns, "token"],
            column_types=self._types[table],
            column_oriented=True,
            settings={**ONE_PART, "query_id": query_id},
        )

    def _persist(self, claim: Callable[[], Marks]) -> Marks:
        pause = FIRST_PAUSE_SECONDS
        while not self._stopped.is_set():
            try:
                return claim()
            except (ClickHouseError, RetryableError) as error:
                log.warning("clickhouse_away", partition=self._partition, cause=_line(error))
            self._stopped.wait(pause)
            pause = min(2 * pause, MAX_PAUSE_SECONDS)
        raise StoppedError


def _line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
