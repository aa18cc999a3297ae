"""A database of its own for each test, with the real tables, views and catalogue."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import clickhouse_connect
from clickhouse_connect.driver.client import Client

from shared.catalogue import load_catalogue
from shared.schema.apply import apply_schema, publish_catalogue
from tests.support.engine import EngineProcess

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


SchemaFactory = Callable[[], Schema]


def create_schema(engine: EngineProcess, database: str = "") -> Schema:
    """A fresh database with schema and catalogue, under a name of its own unless told; the test owns its partitions."""
    schema = Schema(engine, database or f"t_{uuid4().hex[:12]}")
    client = clickhouse_connect.get_client(
        host=engine.host, port=engine.port, username="writer", password=engine.writer_password, database="default"
    )
    apply_schema(client, schema.database)
    publish_catalogue(client, schema.database, load_catalogue())
    rows = [[partition, OWNER_TOKEN] for partition in range(4)]
    client.insert(f"{schema.database}.scoring_owners_1", rows, column_names=["partition", "token"])
    client.close()
    return schema
