"""Marks: up to which offset a table holds a partition. Read, never computed."""

from dataclasses import dataclass

from clickhouse_connect.driver.client import Client

from services.scoring.tables import Tables

NOTHING = -2
"""Mark of a table without a row of the partition; the seed is -1."""


@dataclass
class Marks:
    """Highest offset of a partition in each table. After a crash `events` can be ahead of `ledger`."""

    events: int
    ledger: int

    def boundary(self, next_offset: int) -> int | None:
        """The last offset that the block beginning at `next_offset` may hold, None for no bound.

        A block must not straddle a mark, because it is written to a table either whole or not at all.
        """
        return self.events if self.ledger < next_offset <= self.events else None


def read_marks(client: Client, tables: Tables, partition: int) -> Marks:
    """Both marks. Blocks; raises clickhouse_connect's errors."""
    return Marks(_mark(client, tables.events, partition), _mark(client, tables.ledger, partition))


def _mark(client: Client, table: str, partition: int) -> int:
    rows = client.query(
        f"SELECT max(offset) FROM {table} WHERE partition = {partition} GROUP BY partition"  # noqa: S608 - own names
    ).result_rows
    return int(rows[0][0]) if rows else NOTHING
