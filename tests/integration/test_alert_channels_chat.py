"""Chat through Apprise, to an HTTP endpoint on this machine by Apprise's own `json://`."""

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from services.alerts.channels import DeliveryError
from services.alerts.channels.chat import ChatChannel, ChatOptions
from services.alerts.grouping import Message
from tests.support.notifications import MONDAY_TEN, notification, resolved
from tests.support.webhook import WebhookReceiver

MESSAGE = Message((notification(), resolved(), notification("b", severity="critical")))


@pytest.fixture
def service() -> Iterator[WebhookReceiver]:
    one = WebhookReceiver(status=200)
    one.start()
    yield one
    one.stop()


def channel(folder: Path, service: WebhookReceiver, **options: Any) -> ChatChannel:
    file = folder / "room.url"
    file.write_text(f"json://127.0.0.1:{service.port}/room\n")
    return ChatChannel("room", ChatOptions.model_validate({"kind": "chat", "url_file": file, **options}))


async def test_a_room_reads_what_holds_now(tmp_path: Path, service: WebhookReceiver) -> None:
    room = channel(tmp_path, service)
    await room.deliver(MESSAGE, MONDAY_TEN)
    await room.close()
    (delivery,) = service.deliveries
    said = json.loads(delivery.body)
    assert said["title"] == "[KHẨN] 2 cảnh báo: 1 đang mở, 1 đã kết thúc"
    assert "đạt 85,0% (85/100)" in said["message"]
    assert said["message"].index("khẩn cấp") < said["message"].index("Đã hết")


async def test_a_service_that_refuses_is_tried_again(tmp_path: Path, service: WebhookReceiver) -> None:
    service.status = 500
    room = channel(tmp_path, service)
    with pytest.raises(DeliveryError, match="did not take it") as raised:
        await room.deliver(MESSAGE, MONDAY_TEN)
    await room.close()
    assert not raised.value.refused


async def test_a_service_that_hangs_is_left_after_the_timeout(tmp_path: Path, service: WebhookReceiver) -> None:
    service.answers_when = Event()
    room = channel(tmp_path, service, timeout="1s")
    with pytest.raises(DeliveryError):
        await room.deliver(MESSAGE, MONDAY_TEN)
    service.answers_when.set()
    await room.close()
