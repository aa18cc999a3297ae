"""A database of its own for each test, with the real tables, views and catalogue."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import clickhouse_connect
from clickhouse_connect.driver.client import Client

from shared.catalogue import load_catalogue
from shared.schema.apply import apply_schema, publish_catalogue
from tests.support.engine import EngineProcess

Rows = Sequence[Sequence[Any]]

OWNER_TOKEN = 7
"""The token that rows inserted by a test carry."""


@dataclass(frozen=True, slots=True)
class Schema:
    """A database with everything in it; `insert_ledger` writes entries as the owner of partition 0."""

    engine: EngineProcess
    database: str

    def writer(self) -> Client:
        return self._client("writer", self.engine.writer_password)

    def reader(self) -> Client:
        return self._client("reader", self.engine.reader_password)

    def _client(self, user: str, password: str) -> Client:
        return clickhouse_connect.get_client(
            host=self.engine.host,
            port=self.engine.port,
            username=user,
            password=password,
            database=self.database,
            autogenerate_session_id=False,
            tz_mode="aware",
        )


class SchemaLoans:
    """Databases as new, each for one test or file at a time; emptying one costs a tenth of making another.

    A database whose tables or views a test has changed is not lent again. A process of an earlier test that would still
    write is refused like any former owner: the test that has the database now owns its partitions.
    """

    def __init__(self, engine: EngineProcess) -> None:
        self._engine = engine
        self._free: list[Schema] = []
        self._made: dict[str, Rows] = {}

    @contextmanager
    def lent(self) -> Iterator[Schema]:
        """One that nobody else has, with the catalogue and without any other row, until what uses it has ended."""
        schema = self._free.pop() if self._free else self._new()
        yield schema
        with closing(self._client()) as client:
            if _definitions(client, schema.database) == self._made[schema.database]:
                _empty(client, schema.database)
                self._free.append(schema)

    def _new(self) -> Schema:
        schema = create_schema(self._engine)
        with closing(schema.writer()) as client:
            self._made[schema.database] = _definitions(client, schema.database)
        return schema

    def _client(self) -> Client:
        """One that connects also when the test has dropped its database."""
        return Schema(self._engine, "default").writer()


def _definitions(client: Client, database: str) -> Rows:
    """Every table and view as it is defined."""
    sql = "SELECT name, create_table_query FROM system.tables WHERE database = {database:String} ORDER BY name"
    return client.query(sql, parameters={"database": database}).result_rows


def _empty(client: Client, database: str) -> None:
    """Takes every row away but those of the catalogue, and makes the test that comes next the owner."""
    sql = """
        SELECT name FROM system.tables
        WHERE database = {database:String} AND total_rows > 0 AND NOT startsWith(name, 'catalogue_')"""
    for (table,) in client.query(sql, parameters={"database": database}).result_rows:
        client.command(f"TRUNCATE TABLE {database}.{table} SYNC")
    _own(client, database)


def _own(client: Client, database: str) -> None:
    rows = [[partition, OWNER_TOKEN] for partition in range(4)]
    client.insert(f"{database}.scoring_owners_1", rows, column_names=["partition", "token"])


def create_schema(engine: EngineProcess, database: str = "") -> Schema:
    """A fresh database with schema and catalogue, under a name of its own unless told; the test owns its partitions."""
    schema = Schema(engine, database or f"t_{uuid4().hex[:12]}")
    client = clickhouse_connect.get_client(
        host=engine.host, port=engine.port, username="writer", password=engine.writer_password, database="default"
    )
    apply_schema(client, schema.database)
    publish_catalogue(client, schema.database, load_catalogue())
    _own(client, schema.database)
    client.close()
    return schema
