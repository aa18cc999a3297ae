"""Fixtures of the whole test run: real broker, real engine, the whole stack; unique names for every test.

Session fixtures are started once and stopped at the end, also on Ctrl-C; a component that does not start fails the run.
"""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

from tests.support.alert_channels import AlertChannels
from tests.support.engine import EngineProcess, start_engine
from tests.support.kafka import LocalKafka
from tests.support.schema import Schema, SchemaLoans
from tests.support.stack import LocalStack
from tests.support.webhook import WebhookReceiver

# No test is timed: how long examples take to draw and to run says how busy the machine is.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """One broker for all integration tests; a test that stops or kills it starts its own."""
    broker = LocalKafka(tmp_path_factory.mktemp("kafka"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    """One engine for all integration tests; a test that stops or kills it starts its own."""
    process = start_engine(tmp_path_factory.mktemp("engine"))
    yield process
    process.stop()


@pytest.fixture(scope="session")
def schema_loans(engine: EngineProcess) -> SchemaLoans:
    """Databases that one test after the other has for itself."""
    return SchemaLoans(engine)


@pytest.fixture
def schema(schema_loans: SchemaLoans) -> Iterator[Schema]:
    """A database that no other test has meanwhile, without a row of any other."""
    with schema_loans.lent() as one:
        yield one


@pytest.fixture(scope="module")
def module_schema(schema_loans: SchemaLoans) -> Iterator[Schema]:
    """The same for all tests of a file."""
    with schema_loans.lent() as one:
        yield one


@pytest.fixture(scope="session")
def webhook_receiver() -> Iterator[WebhookReceiver]:
    """Where the stack of the test run delivers its alerts."""
    receiver = WebhookReceiver()
    receiver.start()
    yield receiver
    receiver.stop()


@pytest.fixture(scope="session")
def alert_channels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AlertChannels]:
    """Mail server and Alertmanager that the stack of the test run tells as well."""
    channels = AlertChannels(tmp_path_factory.mktemp("channels"))
    channels.start()
    yield channels
    channels.stop()


@pytest.fixture(scope="session")
def stack(
    tmp_path_factory: pytest.TempPathFactory, webhook_receiver: WebhookReceiver, alert_channels: AlertChannels
) -> Iterator[LocalStack]:
    """The whole stack, from the same Procfile as `make up`; it tells `webhook_receiver` and `alert_channels`."""
    told = {"CHITIEU_WEBHOOK_URL": webhook_receiver.url, "CHITIEU_RECEIVERS": str(alert_channels.file)}
    whole = LocalStack(tmp_path_factory.mktemp("stack"), told)
    whole.start()
    yield whole
    whole.stop()


@pytest.fixture
def unique() -> str:
    """A name no other test has, to begin the names of topics, groups, databases and subjects."""
    return f"t{uuid4().hex[:12]}"
