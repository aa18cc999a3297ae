"""One contract for the alert store: the in-memory twin and the tables of the real engine."""

from collections.abc import Callable, Iterator

import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError

from services.alerts.machine import AlertState, Transition, decide
from services.alerts.policy import Policy
from services.alerts.store import AlertStore, ClickHouseAlertStore, DeliveryStep
from shared.errors import FencedError
from tests.support.alert_store import MemoryAlerts, MemoryAlertStore
from tests.support.schema import SchemaFactory
from tests.unit.test_alert_machine import NOW, seen

NewStore = Callable[[], AlertStore]
STALE = (FencedError, ClickHouseError)


@pytest.fixture(params=["memory", "real"])
def new_store(request: pytest.FixtureRequest) -> Iterator[NewStore]:
    """Makes stores that share their tables, as two processes do."""
    if request.param == "memory":
        tables = MemoryAlerts()
        yield lambda: MemoryAlertStore(tables)
        return
    factory: SchemaFactory = request.getfixturevalue("fresh_schema")
    schema = factory()
    yield lambda: ClickHouseAlertStore(schema.writer())


def firing() -> Transition:
    transition = decide(AlertState(), seen(70, 100), Policy(), NOW).transition
    assert transition
    return transition


def test_a_recorded_transition_is_the_state_after_a_take_over(new_store: NewStore) -> None:
    first = new_store()
    assert first.take_over(1) == {}
    first.record([(firing(), "warning")], "p")
    assert new_store().take_over(2) == {firing().alert_id: AlertState("firing", 1)}


def test_what_was_recorded_is_undelivered_until_it_is_logged_as_delivered(new_store: NewStore) -> None:
    store = new_store()
    store.take_over(1)
    (notification,) = store.record([(firing(), "warning")], "p")
    assert [n.id for n in store.undelivered("webhook")] == [notification.id]
    store.log_delivery(DeliveryStep(notification, "webhook", "failed", 1, NOW, "HTTP 500"))
    assert [n.id for n in store.undelivered("webhook")] == [notification.id]
    store.log_delivery(DeliveryStep(notification, "webhook", "delivered", 2, NOW))
    assert store.undelivered("webhook") == []
    assert [n.id for n in store.undelivered("other")] == [notification.id]


def test_a_notification_read_back_equals_the_one_that_was_recorded(new_store: NewStore) -> None:
    store = new_store()
    store.take_over(1)
    (recorded,) = store.record([(firing(), "warning")], "p")
    (read,) = store.undelivered("webhook")
    assert (read.id, read.sentence_vi, read.evidence, read.at) == (
        recorded.id, recorded.sentence_vi, recorded.evidence, recorded.at
    )  # fmt: skip


def test_a_replaced_owner_can_write_nothing(new_store: NewStore) -> None:
    old, new = new_store(), new_store()
    old.take_over(1)
    new.take_over(2)
    with pytest.raises(STALE):
        old.record([(firing(), "warning")], "p")
    assert new.undelivered("webhook") == []
