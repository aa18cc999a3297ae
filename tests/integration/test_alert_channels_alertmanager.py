"""A real Alertmanager: what fires stands there, is sent again after it forgot, and ends when we say so."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.alerts.channels import DeliveryError
from services.alerts.channels.alertmanager import AlertmanagerChannel, AlertmanagerOptions
from services.alerts.grouping import Message
from services.alerts.store import Notification
from tests.support.alertmanager import Alertmanager
from tests.support.delivering import until
from tests.support.notifications import notification, resolved
from tests.support.webhook import WebhookReceiver

EVERY = "1s"
PUBLIC_URL = "https://chitieu.tinh.vn"


@pytest.fixture
def told() -> Iterator[WebhookReceiver]:
    """Whom Alertmanager tells."""
    receiver = WebhookReceiver()
    receiver.start()
    yield receiver
    receiver.stop()


@pytest.fixture
def alertmanager(tmp_path: Path, told: WebhookReceiver) -> Iterator[Alertmanager]:
    one = Alertmanager(tmp_path / "alertmanager", told.url)
    one.start()
    yield one
    one.stop()


@asynccontextmanager
async def opened(url: str, **options: Any) -> AsyncIterator[AlertmanagerChannel]:
    given = AlertmanagerOptions.model_validate({"kind": "alertmanager", "url": url, "resend_every": EVERY, **options})
    channel = AlertmanagerChannel("desk", given, PUBLIC_URL)
    try:
        yield channel
    finally:
        await channel.close()


@asynccontextmanager
async def tended(channel: AlertmanagerChannel) -> AsyncIterator[None]:
    """While the channel sends again what is open."""
    task = asyncio.create_task(channel.tend(lambda: datetime.now(UTC)))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def fired(unit: str = "so-noi-vu", **changed: Any) -> Notification:
    return notification(unit, at=datetime.now(UTC) - timedelta(minutes=1), **changed)


def ended(unit: str = "so-noi-vu", **changed: Any) -> Notification:
    return resolved(unit, at=datetime.now(UTC), **changed)


async def deliver(channel: AlertmanagerChannel, *notifications: Notification) -> None:
    await channel.deliver(Message(notifications), datetime.now(UTC))


def notices(told: WebhookReceiver) -> list[tuple[str, str]]:
    """What Alertmanager itself told its receiver: status and sentence."""
    bodies = [json.loads(delivery.body) for delivery in told.deliveries]
    return [(one["status"], one["annotations"]["summary"]) for body in bodies for one in body["alerts"]]


async def test_a_firing_alert_stands_there_with_identity_as_labels_and_the_rest_as_annotations(
    alertmanager: Alertmanager,
) -> None:
    async with opened(alertmanager.url) as channel:
        await deliver(channel, fired())
    (alert,) = alertmanager.alerts()
    assert alert["labels"] == {
        "alertname": "below_target",
        "alert_id": "below_target:filing_full_online:so-noi-vu:2026",
        "source": "chitieu",
        "unit": "so-noi-vu",
        "indicator": "filing_full_online",
        "figure": "filing_full_online",
        "period": "2026",
    }
    assert alert["annotations"]["summary"].startswith("Sở Nội vụ")
    assert (alert["annotations"]["value"], alert["annotations"]["target"]) == ("71.4", "80")
    assert alert["annotations"]["severity"] == "warning"
    assert alert["generatorURL"].startswith(f"{PUBLIC_URL}/alerts/below_target")


async def test_its_end_is_sent_and_tells_the_figure_of_the_end(
    alertmanager: Alertmanager, told: WebhookReceiver
) -> None:
    async with opened(alertmanager.url) as channel:
        first = fired()
        await deliver(channel, first)
        await until(lambda: ("firing", first.sentence_vi) in notices(told), "Alertmanager's message that it fires")
        end = ended(state="withdrawn")
        await deliver(channel, end)
        await until(lambda: ("resolved", end.sentence_vi) in notices(told), "Alertmanager's message of the end")
    assert alertmanager.alerts() == []


async def test_a_graver_severity_is_no_other_alert(alertmanager: Alertmanager) -> None:
    async with opened(alertmanager.url) as channel:
        await deliver(channel, fired())
        await deliver(channel, fired(number=3, change="escalated", severity="critical"))
    (alert,) = alertmanager.alerts()
    assert (alert["annotations"]["severity"], alert["annotations"]["change"]) == ("critical", "escalated")


async def test_what_fires_is_sent_again_after_alertmanager_forgot_it(alertmanager: Alertmanager) -> None:
    async with opened(alertmanager.url) as channel, tended(channel):
        await deliver(channel, fired("open"), fired("over"))
        await deliver(channel, ended("over"))
        alertmanager.stop()
        alertmanager.start()
        await until(lambda: bool(alertmanager.alerts()), "the alert to be sent again")
        assert [alert["labels"]["unit"] for alert in alertmanager.alerts()] == ["open"]


async def test_after_a_restart_of_ours_sending_goes_on_from_what_was_recorded(alertmanager: Alertmanager) -> None:
    passed_on = fired("mine", number=3, change="escalated", receivers=("province",))
    standing = [fired("mine"), passed_on, fired("others", receivers=("province",)), ended("over")]
    async with opened(alertmanager.url) as channel:
        channel.adopt(standing)
        async with tended(channel):
            await until(lambda: bool(alertmanager.alerts()), "the adopted alert")
    assert [alert["labels"]["unit"] for alert in alertmanager.alerts()] == ["mine"]


async def test_an_alert_stays_open_until_we_say_otherwise_not_until_its_timeout(alertmanager: Alertmanager) -> None:
    async with opened(alertmanager.url, ends_after="2h") as channel:
        await deliver(channel, fired())
    (alert,) = alertmanager.alerts()
    assert datetime.fromisoformat(alert["endsAt"]) - datetime.now(UTC) > timedelta(minutes=110)


async def test_a_clock_that_is_moved_for_a_demonstration_moves_nothing_there(alertmanager: Alertmanager) -> None:
    ahead = timedelta(days=400)
    async with opened(alertmanager.url) as channel:
        now = datetime.now(UTC) + ahead
        await channel.deliver(Message((notification(at=now),)), now)
        (alert,) = alertmanager.alerts()
        assert datetime.fromisoformat(alert["endsAt"]) < datetime.now(UTC) + timedelta(hours=2)
        later = datetime.now(UTC) + ahead
        await channel.deliver(Message((resolved(at=later),)), later)
    await until(lambda: alertmanager.alerts() == [], "the end")


async def test_while_it_is_away_delivery_fails_and_is_tried_again(alertmanager: Alertmanager) -> None:
    alertmanager.stop()
    async with opened(alertmanager.url) as channel:
        with pytest.raises(DeliveryError) as raised:
            await deliver(channel, fired())
        assert not raised.value.refused
        alertmanager.start()
        await deliver(channel, fired())
    assert len(alertmanager.alerts()) == 1


async def test_alertmanagers_reason_for_a_refusal_is_kept(alertmanager: Alertmanager) -> None:
    async with opened(alertmanager.url) as channel:
        channel.public_url = "no address"
        with pytest.raises(DeliveryError, match="HTTP 4.. .*generatorURL") as raised:
            await deliver(channel, fired())
    assert raised.value.refused


async def test_basic_authentication_is_sent(told: WebhookReceiver, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("mật khẩu\n")
    async with opened(told.url, username="chitieu", password_file=tmp_path / "password") as channel:
        await deliver(channel, fired())
    assert told.deliveries[0].headers["authorization"].startswith("Basic ")
    assert told.deliveries[0].path == "/api/v2/alerts"
