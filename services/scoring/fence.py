"""Ownership of a partition: a random token that the tables compare with every row. No clock is involved."""

import secrets

from clickhouse_connect.driver.client import Client

from services.scoring.marks import Marks, read_marks
from services.scoring.tables import Tables
from shared.errors import FencedError, RetryableError
from shared.schema.projections import active_version

TOKEN_BITS = 64
MAX_KILL_ROUNDS = 50
"""KILL … SYNC waits by itself; a query that is still there after this many rounds is the engine's fault."""


class Fence:
    """One worker's claim on one partition. Every method blocks and raises clickhouse_connect's errors."""

    def __init__(self, client: Client, tables: Tables, partition: int) -> None:
        self._client = client
        self._tables = tables
        self._partition = partition
        self.token = 0
        self._ours: set[int] = set()

    def claim(self, *, retiring: bool = False) -> Marks:
        """Takes the partition over: new token, then no insert in flight, then the marks. The order is the guarantee.

        An insert with an older token that arrives later is refused by the tables; one that is already running is
        ended before the marks are read. Raises `FencedError` when the version was replaced.
        """
        self.token = secrets.randbits(TOKEN_BITS) or 1
        self._ours.add(self.token)
        row = f"({self._partition}, {self.token})"
        self._client.command(f"INSERT INTO {self._tables.owners} VALUES {row}")  # noqa: S608 - own names and numbers
        end_queries(self._client, self._tables.inserts_of(self._partition))
        # After the token: a switch that is not seen here claims after us, and its token then refuses our rows.
        if not retiring and active_version(self._client, self._tables.database) > self._tables.version:
            raise FencedError(f"projection {self._tables.version} was replaced")
        return read_marks(self._client, self._tables, self._partition)

    def retire(self) -> Marks:
        """The claim of one who replaces this version: its marks move no more, because every later claim is refused."""
        return self.claim(retiring=True)

    def reclaim(self) -> Marks:
        """After an unknown outcome: what was sent can no longer come through, and the marks say whether it has.

        Raises `FencedError` when another worker has taken the partition meanwhile. Any token of ours will do: a claim
        that failed half-way may or may not have written its own. Another worker may still claim between this look
        and our claim, which then takes the partition back; the caller sees that by the marks (`Sink`).
        """
        if self.owner() not in self._ours:
            raise FencedError(f"partition {self._partition} has another owner")
        return self.claim()

    def owner(self) -> int:
        """The current owner's token, 0 when there is none."""
        sql = f"SELECT joinGet('{self._tables.owners}', 'token', toUInt16({self._partition}))"
        return int(self._client.query(sql).result_rows[0][0])


def end_queries(client: Client, condition: str) -> None:
    """Ends all queries that meet a condition on `query_id` and returns when none is left. Raises `RetryableError`."""
    for _ in range(MAX_KILL_ROUNDS):
        rows = client.query(f"SELECT count() FROM system.processes WHERE {condition}").result_rows  # noqa: S608
        if not rows[0][0]:
            return
        client.command(f"KILL QUERY WHERE {condition} SYNC")
    raise RetryableError(f"queries with {condition} cannot be ended")
