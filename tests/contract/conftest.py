"""The server that the contract of the engine is tested on."""

import pytest
from clickhouse_connect.driver.client import Client

from tests.support.engine import Server, named_server


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Server:
    """The one named by the environment, otherwise the embedded engine of the test run."""
    return named_server() or request.getfixturevalue("engine").server()


@pytest.fixture(scope="module")
def writer(server: Server) -> Client:
    """A client of it that may write."""
    return server.writer()
