"""Fixtures of the whole test run: one real broker, unique names for every test."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.support.kafka import LocalKafka


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """One broker for all integration tests; a test that stops or kills it starts its own."""
    broker = LocalKafka(tmp_path_factory.mktemp("kafka"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def unique() -> str:
    """A name no other test has, to begin the names of topics, groups, databases and subjects."""
    return f"t{uuid4().hex[:12]}"
