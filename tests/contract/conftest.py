"""The server that the contract of the engine is tested on."""

import pytest
from clickhouse_connect.driver.client import Client

from tests.support.engine import EngineProcess, Server, named_server
from tests.support.schema import Schema, create_schema
from tests.support.scored_tables import ScoredTables


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Server:
    """The one named by the environment, otherwise the embedded engine of the test run."""
    return named_server() or request.getfixturevalue("engine").server()


@pytest.fixture(scope="module")
def writer(server: Server) -> Client:
    """A client of it that may write."""
    return server.writer()


@pytest.fixture(scope="session")
def databases(engine: EngineProcess) -> tuple[Schema, Schema]:
    """Two for all tests of what the alerts read: making one takes seconds."""
    return create_schema(engine), create_schema(engine)


@pytest.fixture
def tables(databases: tuple[Schema, Schema]) -> ScoredTables:
    """The first of them, as a new installation has it."""
    return ScoredTables(databases[0])
