"""A real engine behind a proxy that can cut a request, and what scoring's tables hold of each partition."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clickhouse_connect.driver.client import Client

from services.scoring.sink import Output, Sink
from services.scoring.tables import Row, Tables
from shared.clickhouse import writer
from shared.settings import SharedSettings
from tests.support.cutting_proxy import CuttingProxy
from tests.support.schema import Schema

PARTITION = 2


@dataclass
class SinkBench:
    """`client` is what sinks write through; `direct` looks."""

    client: Client
    tables: Tables
    proxy: CuttingProxy
    direct: Client

    def sink(self, partition: int = PARTITION) -> Sink:
        """One that has not taken its partition over yet."""
        return Sink(self.client, self.tables, partition)

    def lose(self, what: str, table: str) -> None:
        """Cuts the next insert into `events` or `ledger`: its "request" or its "response"."""
        self.proxy.lose(what, f"INSERT INTO {getattr(self.tables, table)} ".encode())

    def counts(self) -> tuple[int, int]:
        """Rows that are no marks, in `events` and `ledger`."""
        return self._count(self.tables.events), self._count(self.tables.ledger)

    def inserted(self) -> list[tuple[int, int]]:
        """Parts that were inserted and their rows, marks too, of `events` and `ledger`; merged parts do not count."""
        sql = f"SELECT count(), sum(rows) FROM system.parts WHERE database = '{self.tables.database}' AND level = 0"  # noqa: S608
        names = (one.partition(".")[2] for one in (self.tables.events, self.tables.ledger))
        found = [self.direct.query(f"{sql} AND table = '{name}'").result_rows[0] for name in names]
        return [(int(parts), int(rows)) for parts, rows in found]

    def held(self, table: str) -> dict[int, list[tuple[int, int]]]:
        """By partition, in order: (offset, rows that are no marks) of every block, by its mark."""
        sql = f"""SELECT partition, offset, countIf(kind != 'mark'), countIf(kind = 'mark')
                  FROM {getattr(self.tables, table)} GROUP BY partition, offset ORDER BY partition, offset"""  # noqa: S608
        held: dict[int, list[tuple[int, int]]] = {}
        for partition, offset, rows, marks in self.direct.query(sql).result_rows:
            assert marks == 1, f"{marks} marks of partition {partition} at {offset}"
            held.setdefault(partition, []).append((offset, rows))
        return held

    def _count(self, table: str) -> int:
        sql = f"SELECT countIf(kind != 'mark') FROM {table}"  # noqa: S608 - own names
        return int(self.direct.query(sql).result_rows[0][0])


@contextmanager
def sink_bench(schema: Schema, folder: Path) -> Iterator[SinkBench]:
    """Over the tables of `schema`; `folder` is for the account's password."""
    with CuttingProxy(schema.engine.port).running() as proxy:
        password = folder / "password"
        password.write_text(schema.engine.writer_password)
        settings = SharedSettings(
            clickhouse_port=proxy.port, clickhouse_database=schema.database, clickhouse_password_file=password
        )
        client, direct = writer(settings), schema.writer()
        yield SinkBench(client, Tables(schema.database, 1), proxy, direct)
        client.close()
        direct.close()


def block(last_offset: int, rows: int = 3, partition: int = PARTITION) -> Output:
    """`rows` events and twice as many entries, all at `last_offset`."""
    events: list[Row] = [
        ("event", "/systems/dvc", f"{last_offset}-{row}", "filing/a", "filing.rated", "so-y-te", 1, 2, "counted", "",
         [("satisfaction", "so-y-te", 20_000, 1, 1)], [], "{}", partition, last_offset, row)
        for row in range(rows)
    ]  # fmt: skip
    entries: list[Row] = [
        ("entry", "satisfaction", "so-y-te", 20_000, "filing/a", "/systems/dvc", str(row), 1, 1, 0, "", 2, partition,
         last_offset)
        for row in range(2 * rows)
    ]  # fmt: skip
    return Output(events, entries, last_offset, 1_772_500_000_000)
