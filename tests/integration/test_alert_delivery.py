"""Delivery to a real HTTP receiver: signed, repeated until taken, never again when it is gone."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from services.alerts.channels.webhook import WebhookChannel, retry_after_seconds
from services.alerts.delivery import RETRY_SECONDS, DeliveryQueue, wait_seconds
from services.alerts.machine import AlertState, decide
from services.alerts.policy import Policy
from services.alerts.store import AT_ONCE, Notification
from tests.support.alert_store import MemoryAlerts, MemoryAlertStore
from tests.support.waiting import eventually
from tests.support.webhook import WebhookReceiver
from tests.unit.test_alert_machine import NOW, seen

SECRET = "whsec_" + b64encode(b"a secret of the test, 24+").decode()


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    one = WebhookReceiver()
    one.start()
    yield one
    one.stop()


@pytest.fixture
def store() -> MemoryAlertStore:
    store = MemoryAlertStore(MemoryAlerts())
    store.take_over(1)
    return store


def recorded(store: MemoryAlertStore, number: int = 0) -> list[Notification]:
    transition = decide(AlertState("ok", number), seen(70, 100), Policy(), NOW).transition
    assert transition
    return store.record([(transition, "warning")], "p")


@asynccontextmanager
async def delivering(store: MemoryAlertStore, url: str, max_waiting: int = AT_ONCE) -> AsyncIterator[DeliveryQueue]:
    """A running queue; stopped at the end."""
    channel = WebhookChannel(url, SECRET)
    queue = DeliveryQueue(channel, store, lambda: datetime.now(UTC), max_waiting)
    task = asyncio.create_task(queue.run())
    try:
        yield queue
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await channel.close()


def states(store: MemoryAlertStore) -> list[str]:
    return [step.state for step in store.steps]


async def reach(store: MemoryAlertStore, state: str) -> None:
    async def there() -> bool:
        return state in states(store)

    await eventually(there, deadline_seconds=20, what=f"a delivery step {state}")


async def test_a_notification_arrives_signed_so_that_the_receiver_can_verify_it(
    receiver: WebhookReceiver, store: MemoryAlertStore
) -> None:
    (notification,) = recorded(store)
    async with delivering(store, receiver.url) as queue:
        queue.put([notification])
        await reach(store, "delivered")
    (delivery,) = receiver.deliveries
    Webhook(SECRET).verify(delivery.body, dict(delivery.headers))
    body = json.loads(delivery.body)
    assert (body["type"], body["data"]["alert_id"]) == ("alert.firing", notification.alert_id)
    assert body["data"]["sentence_vi"] == notification.sentence_vi
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(delivery.body + b" ", dict(delivery.headers))


async def test_a_receiver_that_fails_gets_it_again_with_the_same_id(
    receiver: WebhookReceiver, store: MemoryAlertStore
) -> None:
    receiver.status = 500
    async with delivering(store, receiver.url) as queue:
        queue.put(recorded(store))
        await reach(store, "failed")
        receiver.status = 204
        await reach(store, "delivered")
    assert len({delivery.headers["webhook-id"] for delivery in receiver.deliveries}) == 1
    assert len(receiver.deliveries) >= 2


async def test_a_receiver_that_is_gone_is_not_asked_again(receiver: WebhookReceiver, store: MemoryAlertStore) -> None:
    receiver.status = 410
    async with delivering(store, receiver.url) as queue:
        queue.put(recorded(store))
        await reach(store, "given_up")
    assert states(store) == ["given_up"]


async def test_what_an_earlier_owner_left_is_delivered_first(
    receiver: WebhookReceiver, store: MemoryAlertStore
) -> None:
    (left,) = recorded(store)
    async with delivering(store, receiver.url) as queue:
        await queue.refill()
        await reach(store, "delivered")
    assert receiver.deliveries[0].headers["webhook-id"] == left.id


async def test_a_redirect_is_not_followed(receiver: WebhookReceiver, store: MemoryAlertStore) -> None:
    receiver.status = 302
    async with delivering(store, receiver.url) as queue:
        queue.put(recorded(store))
        await reach(store, "failed")
    assert "delivered" not in states(store)


def test_waits_grow_and_the_last_one_repeats() -> None:
    assert [wait_seconds(attempt) for attempt in (1, 2, 99)] == [RETRY_SECONDS[0], RETRY_SECONDS[1], RETRY_SECONDS[-1]]


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), (None, None), ("soon", None), ("-1", None)])
def test_retry_after_is_read_as_seconds(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header) == seconds


async def test_what_finds_no_place_in_the_queue_is_delivered_from_the_table_in_order(
    receiver: WebhookReceiver, store: MemoryAlertStore
) -> None:
    all_recorded = [one for number in range(5) for one in recorded(store, number)]
    async with delivering(store, receiver.url, max_waiting=2) as queue:
        queue.put(all_recorded)

        async def all_there() -> bool:
            return len(receiver.deliveries) >= len(all_recorded)

        await eventually(all_there, deadline_seconds=20, what="all delivered")
    assert [one.headers["webhook-id"] for one in receiver.deliveries] == [one.id for one in all_recorded]
