"""When the evaluator stops, two who share nothing with it tell: the switch outside that it beat, and our own watch."""

import json
import sys
from collections.abc import Iterator
from http.client import OK, SERVICE_UNAVAILABLE
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from deploy.local.stack.readiness import READY_PATH, status
from tests.support.alerts_setup import DEADLINE_SECONDS, SECRET, AlertsSetup
from tests.support.kafka import LocalKafka
from tests.support.processes import ChildProcess, free_ports
from tests.support.schema import Schema
from tests.support.waiting import wait_until
from tests.support.webhook import WebhookReceiver


@pytest.fixture
def alerts(kafka: LocalKafka, schema: Schema, unique: str, tmp_path: Path) -> Iterator[AlertsSetup]:
    setup = AlertsSetup(kafka, schema, tmp_path, f"{unique}-")
    yield setup
    setup.stop()


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    one = WebhookReceiver()
    one.start()
    yield one
    one.stop()


def wait_deliveries(receiver: WebhookReceiver, count: int, what: str) -> None:
    wait_until(lambda: len(receiver.deliveries) >= count, deadline_seconds=DEADLINE_SECONDS, what=what)


def test_a_stopped_evaluator_beats_no_more_and_the_watch_tells_once_signed_and_once_when_it_is_back(
    alerts: AlertsSetup, receiver: WebhookReceiver, tmp_path: Path
) -> None:
    switch = WebhookReceiver()
    switch.start()
    service = alerts.service(
        CHITIEU_ALERTS_HEARTBEAT_URL=f"{switch.url}secret-of-the-switch", CHITIEU_ALERTS_HEARTBEAT_EVERY="PT0.2S"
    )
    alerts.wait_owner(service)
    wait_deliveries(switch, 2, "beats")
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    command = [sys.executable, "-m", "services.alerts", "deadman", "--url", receiver.url, "--secret-file", str(secret)]
    limits = ["--after", "3s", "--every", "1s", "--watch", f"http://127.0.0.1:{service.port}/metrics"]
    (port,) = free_ports(1)
    watch = ChildProcess([*command, *limits], {"CHITIEU_DEADMAN_PORT": str(port)}, tmp_path / "deadman.log").start()
    wait_until(lambda: status(port, READY_PATH) == OK, deadline_seconds=DEADLINE_SECONDS, what="its health page")
    alerts.sight.unlink()
    wait_deliveries(receiver, 1, "the word that it stopped")
    assert status(port, READY_PATH) == SERVICE_UNAVAILABLE
    beats = len(switch.deliveries)
    alerts.see([])
    wait_deliveries(receiver, 2, "the word that it is back")
    assert status(port, READY_PATH) == OK
    wait_deliveries(switch, beats + 2, "beats again")
    watch.stop()
    assert [json.loads(one.body)["type"] for one in receiver.deliveries] == ["evaluator.stopped", "evaluator.running"]
    for one in receiver.deliveries:
        Webhook(SECRET).verify(one.body, dict(one.headers))
    assert "secret-of-the-switch" not in service.process.log.read_text()
    switch.stop()


def test_the_watch_tells_also_when_there_is_no_service_at_all(receiver: WebhookReceiver, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    receiver.status = 500
    command = [sys.executable, "-m", "services.alerts", "deadman", "--url", receiver.url, "--secret-file", str(secret)]
    nobody = ["--after", "1s", "--every", "1s", "--watch", "http://127.0.0.1:9/metrics"]
    watch = ChildProcess([*command, *nobody], {}, tmp_path / "deadman.log").start()
    wait_deliveries(receiver, 2, "a word that is repeated until it is taken")
    receiver.status = 204
    wait_deliveries(receiver, 3, "the word that is taken")
    watch.stop()
    assert len({one.headers["webhook-id"] for one in receiver.deliveries}) == 1
