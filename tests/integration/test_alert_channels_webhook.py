"""The webhook on real sockets: signed by every secret, sent only where it was checked, bounded in time and size."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest
from aiohttp import AddrInfoType, SocketFactoryType
from standardwebhooks import Webhook, WebhookVerificationError

from services.alerts.channels import DeliveryError
from services.alerts.channels.http import ANSWER_MAX_BYTES, Network
from services.alerts.channels.webhook import WebhookChannel
from services.alerts.grouping import Message
from tests.support.certificates import make_certificate
from tests.support.delivering import OLD_SECRET, SECRET, webhook
from tests.support.notifications import notification
from tests.support.webhook import WebhookReceiver

NAME = "receiver.test"
MESSAGE = Message((notification(),))


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    one = WebhookReceiver()
    one.start()
    yield one
    one.stop()


class Names:
    """A name server whose answer is another one each time."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, _port: int) -> list[str]:
        self.asked.append(host)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


async def send(channel: WebhookChannel, message: Message = MESSAGE) -> None:
    try:
        await channel.deliver(message, datetime.now(UTC))
    finally:
        await channel.close()


async def refusal(channel: WebhookChannel) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        await send(channel)
    return raised.value


async def test_a_message_is_signed_by_the_new_and_the_old_secret(tmp_path: Path, receiver: WebhookReceiver) -> None:
    await send(webhook(tmp_path, "desk", receiver.url))
    (delivery,) = receiver.deliveries
    headers = dict(delivery.headers)
    for secret in (SECRET, OLD_SECRET):
        Webhook(secret).verify(delivery.body, headers)
    assert len(headers["webhook-signature"].split()) == 2
    assert headers["webhook-id"] == MESSAGE.id
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(delivery.body + b" ", headers)


async def test_the_body_says_what_happened_with_its_evidence(tmp_path: Path, receiver: WebhookReceiver) -> None:
    acknowledged = notification(change="acknowledged", by="desk", note="đang xử lý")
    await send(webhook(tmp_path, "desk", receiver.url), Message((acknowledged,)))
    body = json.loads(receiver.deliveries[0].body)
    assert body["type"] == "alert.acknowledged"
    assert body["data"]["note"] == "đang xử lý"
    assert body["data"]["evidence"]["numerator"] == 50


async def test_a_redirect_to_this_machine_is_not_followed(tmp_path: Path, receiver: WebhookReceiver) -> None:
    inner = WebhookReceiver()
    inner.start()
    receiver.status, receiver.answer = 302, {"location": inner.url}
    error = await refusal(webhook(tmp_path, "desk", receiver.url))
    inner.stop()
    assert (inner.deliveries, error.refused, error.detail) == ([], True, "HTTP 302")


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::ffff:127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "0.0.0.0"],  # noqa: S104 - refused
)
async def test_a_private_address_is_refused_before_anything_is_sent(
    tmp_path: Path, receiver: WebhookReceiver, address: str
) -> None:
    url = f"http://{NAME}:{receiver.port}/"
    network = Network(Names([address]))
    error = await refusal(webhook(tmp_path, "desk", url, network=network, allow_private=False))
    assert (error.refused, receiver.deliveries) == (True, [])


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "localhost", "[::1]", "[::ffff:127.0.0.1]"])
async def test_no_way_to_write_this_machine_passes(tmp_path: Path, receiver: WebhookReceiver, host: str) -> None:
    url = f"http://{host}:{receiver.port}/"
    error = await refusal(webhook(tmp_path, "desk", url, allow_private=False))
    assert "address refused" in error.detail
    assert receiver.deliveries == []


async def test_a_name_with_one_private_address_is_not_trusted_at_all(tmp_path: Path, receiver: WebhookReceiver) -> None:
    network = Network(Names(["8.8.8.8", "127.0.0.1"]), no_way_out([]))
    url = f"http://{NAME}:{receiver.port}/"
    error = await refusal(webhook(tmp_path, "desk", url, network=network, allow_private=False))
    assert "address refused" in error.detail


def no_way_out(tried: list[str]) -> SocketFactoryType:
    """Makes no socket to the internet, but notes where one was wanted."""

    def make(address_info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = address_info
        tried.append(address[0])
        if address[0].startswith("127."):
            return socket.socket(family, kind, protocol)
        raise OSError("no way out of the test")

    return make


async def test_a_name_that_rebinds_leads_to_the_address_that_was_checked_and_then_nowhere(
    tmp_path: Path, receiver: WebhookReceiver
) -> None:
    names, tried = Names(["8.8.8.8"], ["127.0.0.1"]), list[str]()
    url = f"http://{NAME}:{receiver.port}/"
    channel = webhook(tmp_path, "desk", url, network=Network(names, no_way_out(tried)), allow_private=False)
    with pytest.raises(DeliveryError):
        await channel.deliver(MESSAGE, datetime.now(UTC))
    assert (names.asked, tried) == ([NAME], ["8.8.8.8"])
    error = await refusal(channel)
    assert "address refused" in error.detail
    assert (tried, receiver.deliveries) == (["8.8.8.8"], [])


async def test_a_name_is_resolved_once_and_stays_the_host(tmp_path: Path, receiver: WebhookReceiver) -> None:
    other = WebhookReceiver(address="127.0.0.2")
    other.start(receiver.port)
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    await send(webhook(tmp_path, "desk", f"http://{NAME}:{receiver.port}/", network=Network(names)))
    other.stop()
    assert (len(receiver.deliveries), other.deliveries, names.asked) == (1, [], [NAME])
    assert receiver.deliveries[0].headers["host"] == f"{NAME}:{receiver.port}"


async def test_the_next_address_of_a_name_is_tried_when_one_cannot_be_reached(
    tmp_path: Path, receiver: WebhookReceiver
) -> None:
    network = Network(Names(["127.0.0.9", "127.0.0.1"]))
    await send(webhook(tmp_path, "desk", f"http://{NAME}:{receiver.port}/", network=network))
    assert len(receiver.deliveries) == 1


async def test_tls_is_checked_against_the_name_though_the_address_is_pinned(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, NAME)
    secure = WebhookReceiver(certificate=certificate)
    secure.start()
    network = Network(Names(["127.0.0.1"]))
    url = f"https://{NAME}:{secure.port}/"
    await send(webhook(tmp_path, "desk", url, network=network, ca_file=certificate))
    wrong = url.replace(NAME, "other.test")
    error = await refusal(webhook(tmp_path, "desk", wrong, network=network, ca_file=certificate))
    unknown = await refusal(webhook(tmp_path, "desk", url, network=network))
    secure.stop()
    assert len(secure.deliveries) == 1
    assert {error.detail, unknown.detail} == {"ClientConnectorCertificateError"}


async def test_a_receiver_that_hangs_is_left_after_the_timeout(tmp_path: Path, receiver: WebhookReceiver) -> None:
    receiver.answers_when = Event()
    error = await refusal(webhook(tmp_path, "desk", receiver.url, timeout="1s"))
    assert (error.detail, error.refused) == ("no answer within 1 s", False)


async def test_an_answer_without_end_is_not_read(tmp_path: Path, receiver: WebhookReceiver) -> None:
    receiver.endless, receiver.status = True, 503
    error = await refusal(webhook(tmp_path, "desk", receiver.url))
    assert error.detail.startswith("HTTP 503 no end no end")
    assert len(error.detail) < ANSWER_MAX_BYTES


async def test_a_name_that_nobody_knows_is_tried_again_later(tmp_path: Path) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    error = await refusal(webhook(tmp_path, "desk", f"http://{NAME}/", network=Network(unknown)))
    assert (error.detail, error.refused) == ("name cannot be resolved", False)


async def test_a_receiver_that_is_away_is_tried_again_later(tmp_path: Path, receiver: WebhookReceiver) -> None:
    away = WebhookReceiver()
    away.start()
    url = away.url
    away.stop()
    assert not (await refusal(webhook(tmp_path, "desk", url))).refused
