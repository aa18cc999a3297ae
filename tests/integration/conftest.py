"""What several files of integration tests work on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.grafana_server import GrafanaServer
from tests.support.kafka import LocalKafka
from tests.support.schema import Schema
from tests.support.scoring import ScoringSetup
from tests.support.sink_bench import SinkBench, sink_bench


@pytest.fixture
def scoring(kafka: LocalKafka, schema: Schema, unique: str, tmp_path: Path) -> Iterator[ScoringSetup]:
    """A log, a database and workers of its own for a test of scoring."""
    setup = ScoringSetup(kafka, schema, tmp_path, f"{unique}-")
    yield setup
    setup.stop()


@pytest.fixture
def bench(schema: Schema, tmp_path: Path) -> Iterator[SinkBench]:
    """A database of its own for a test of sinks, behind a proxy."""
    with sink_bench(schema, tmp_path) as one:
        yield one


@pytest.fixture
def grafana() -> Iterator[GrafanaServer]:
    """One that nothing was pushed into. A request or an answer that is not as Grafana publishes it fails the test."""
    server = GrafanaServer()
    server.start()
    yield server
    server.stop()
    assert server.violations == []
