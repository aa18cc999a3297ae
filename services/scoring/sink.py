"""Writes the blocks of a partition into both tables, each exactly once, whatever happens on the way.

Blocks of several partitions may share an insert (`write_together`). Whether a block is there is still asked for each by
itself: by its own partition's marks, under its own partition's token.
"""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

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

COLUMNS = {"events": EVENT_COLUMNS, "ledger": LEDGER_COLUMNS}
"""Of both tables, in the order in which they are written."""

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
        self.partition = partition
        self._fence = Fence(client, tables, partition)
        self._types: dict[str, Sequence[Any]] = {}
        self._number = 0
        self._stopped = threading.Event()
        self.marks: Marks

    def take_over(self) -> Marks:
        """Claims the partition; keeps trying while ClickHouse is away. Raises `StoppedError`."""
        self.marks = self._persist(self._fence.claim)
        return self.marks

    def write(self, output: Output, *, doubtful: bool = False) -> None:
        """Returns when both tables hold the block. Raises `FencedError` or `StoppedError`.

        A table whose mark is at or above the block's last offset has it already and gets nothing. `doubtful`: an insert
        that had the block among others failed, and whether it came through is found out first.
        """
        try:
            for table in COLUMNS:
                if self.lacks(table, output):
                    self._insert_once(table, output, doubtful=doubtful)
                    doubtful = False
        except FencedError:
            FENCED.inc()
            raise

    @property
    def token(self) -> int:
        """The claim under which rows are written."""
        return self._fence.token

    @property
    def stopped(self) -> bool:
        """Whether the partition was given up."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Ends pending retries; an insert that is under way is still awaited. Callable from any thread."""
        self._stopped.set()

    def lacks(self, table: str, output: Output) -> bool:
        """Whether the block is not known to be in the table."""
        return bool(output.last_offset > getattr(self.marks, table))

    def insert(self, table: str, blocks: Sequence["Block"]) -> None:
        """One insert of this partition's block, and of others'. Raises clickhouse_connect's errors."""
        rows: list[Row] = []
        tokens: list[int] = []
        for sink, output in blocks:
            rows += sink.rows(table, output)
            tokens += [sink.token] * (len(rows) - len(tokens))
        self._number += 1
        name = f"{self._fence.token}-{self._number}"
        query_id = self._tables.query_id((sink.partition for sink, _ in blocks), name)
        with INSERT_SECONDS.labels(table).time():
            self._send(table, [*zip(*rows, strict=True), tokens], query_id)

    def rows(self, table: str, output: Output) -> list[Row]:
        """What the block puts into the table, its mark last, without token."""
        mark = event_mark if table == "events" else ledger_mark
        return [*getattr(output, table), mark(self.partition, output.last_offset, output.received)]

    def wrote(self, table: str, output: Output) -> None:
        """The block is known to be in the table."""
        setattr(self.marks, table, output.last_offset)
        ROWS.labels(table).inc(len(getattr(output, table)) + 1)
        if table == "events":
            for outcome, rows in Counter(row[OUTCOME] for row in output.events).items():
                OUTCOMES.labels(outcome).inc(rows)

    def _insert_once(self, table: str, output: Output, *, doubtful: bool = False) -> None:
        while self.lacks(table, output):
            known = not doubtful and self._tried(table, output)
            doubtful = False
            if known or self._found(table, output):
                self.wrote(table, output)

    def _tried(self, table: str, output: Output) -> bool:
        """False when the insert's outcome is unknown."""
        try:
            self.insert(table, [(self, output)])
        except DatabaseError as error:
            if is_fenced(error):
                raise FencedError(f"partition {self.partition} has another owner") from error
            log.warning("insert_outcome_unknown", table=table, partition=self.partition, cause=_line(error))
            return False
        return True

    def _found(self, table: str, output: Output) -> bool:
        """After an unknown outcome: nothing that was sent can come through any more, and whether it has."""
        UNKNOWN_OUTCOMES.inc()
        self.marks = self._settled(table, output.last_offset, self._persist(self._fence.reclaim))
        return not self.lacks(table, output)

    def _settled(self, table: str, last_offset: int, found: Marks) -> Marks:
        """The marks after an unknown outcome: whether our own block is there, and nothing that we did not write.

        A worker that was frozen between looking at the owner and claiming again has taken the partition back from
        another one that wrote meanwhile. Its block may straddle what that one wrote, so it must not be sent.
        """
        other = "ledger" if table == "events" else "events"
        whole = getattr(found, table) in (getattr(self.marks, table), last_offset)
        if not whole or getattr(found, other) != getattr(self.marks, other):
            raise FencedError(f"partition {self.partition} was written by another owner")
        return found

    def _send(self, table: str, data: Sequence[Sequence[object]], query_id: str) -> None:
        """`data` by columns, the token last."""
        name, columns = getattr(self._tables, table), (*COLUMNS[table], "token")
        if table not in self._types:
            self._types[table] = self._client.create_insert_context(name, columns).column_types
        self._client.insert(
            name,
            data,
            column_names=columns,
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
                log.warning("clickhouse_away", partition=self.partition, cause=_line(error))
            self._stopped.wait(pause)
            pause = min(2 * pause, MAX_PAUSE_SECONDS)
        raise StoppedError


Block: TypeAlias = tuple[Sink, Output]
"""A block and the sink of its partition."""


def write_together(blocks: Sequence[Block]) -> None:
    """Tries once to write blocks of different partitions with one insert into each table. Blocks.

    Every row carries its own partition's token, so that one stale token refuses the whole insert. Raises whatever an
    insert raised: whether it came through is then unknown, and each block goes on with `Sink.write(doubtful=True)`.
    """
    for table in COLUMNS:
        lacking = [(sink, output) for sink, output in blocks if sink.lacks(table, output)]
        if lacking:
            lacking[0][0].insert(table, lacking)
            for sink, output in lacking:
                sink.wrote(table, output)


def _line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
