"""`send-test`: what an administrator sees of each receiver."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.alerts.send_test import main
from tests.support.delivering import SECRET
from tests.support.webhook import WebhookReceiver


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    one = WebhookReceiver()
    one.start()
    yield one
    one.stop()


@pytest.fixture
def file(tmp_path: Path, receiver: WebhookReceiver) -> Path:
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "receivers.yaml").write_text(
        f"receivers:\n  soc: {{kind: webhook, url: '{receiver.url}', secret_files: [secret], allow_private: true}}\n"
    )
    return tmp_path / "receivers.yaml"


def test_a_receiver_gets_one_marked_message(
    file: Path, receiver: WebhookReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["soc", "--receivers", str(file)]) == 0
    assert capsys.readouterr().out == "send-test soc: delivered\n"
    (delivery,) = receiver.deliveries
    said = json.loads(delivery.body)["data"]
    assert (said["severity"], said["evidence"]) == ("info", {"test": True})
    assert "Tin thử" in said["sentence_vi"]


def test_a_refusal_is_said_in_one_line(
    file: Path, receiver: WebhookReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.status = 401
    assert main(["soc", "--receivers", str(file)]) == 1
    assert capsys.readouterr().err == "send-test soc: HTTP 401\n"


def test_an_unknown_name_is_answered_with_the_known_ones(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sok", "--receivers", str(file)]) == 1
    assert capsys.readouterr().err == "send-test sok: no such receiver; there are: soc\n"
