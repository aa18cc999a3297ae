"""A log, a database, a receiver and alerts services of their own for one test of election, fencing and commands."""

import asyncio
import signal
import sys
import urllib.request
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client

from services.alerts.finding import Finding
from shared.contracts.changes import Change, encode_change
from shared.contracts.commands import Command, encode_command
from shared.kafka import producer
from shared.settings import SharedSettings
from shared.topics import CHANGES, COMMANDS
from shared.topics.setup import create_topics
from tests.support.kafka import LocalKafka
from tests.support.planted_alerts import plant
from tests.support.processes import ChildProcess, free_ports
from tests.support.schema import Schema
from tests.support.waiting import wait_until
from tests.support.webhook import WebhookReceiver

SECRET = "whsec_" + b64encode(b"a secret of the test, 24+").decode()
DEADLINE_SECONDS = 60
QUICK = {"CHITIEU_EVALUATE_EVERY": "PT0.3S", "CHITIEU_COALESCE": "PT0.05S"}


@dataclass
class AlertsSetup:
    """`see` plants what there is, `announce` a hint, `ask` a command; `service` starts a process."""

    kafka: LocalKafka
    schema: Schema
    folder: Path
    prefix: str
    receiver: WebhookReceiver = field(default_factory=WebhookReceiver)
    services: list["AlertsService"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.receiver.start()
        self.see([])
        asyncio.run(create_topics(self.settings))

    @property
    def sight(self) -> Path:
        return self.folder / "sight.json"

    @cached_property
    def settings(self) -> SharedSettings:
        """How the test itself reaches the broker."""
        return SharedSettings(kafka_bootstrap=self.kafka.bootstrap, topic_prefix=self.prefix)

    @cached_property
    def environment(self) -> dict[str, str]:
        """What every process of this setup is told."""
        engine = self.schema.engine
        secrets = {"writer": engine.writer_password, "reader": engine.reader_password, "webhook": SECRET}
        for name, secret in secrets.items():
            (self.folder / name).write_text(secret)
        return {
            "CHITIEU_KAFKA_BOOTSTRAP": self.kafka.bootstrap,
            "CHITIEU_TOPIC_PREFIX": self.prefix,
            "CHITIEU_CLICKHOUSE_PORT": str(engine.port),
            "CHITIEU_CLICKHOUSE_DATABASE": self.schema.database,
            "CHITIEU_CLICKHOUSE_PASSWORD_FILE": str(self.folder / "writer"),
            "CHITIEU_CLICKHOUSE_READER_PASSWORD_FILE": str(self.folder / "reader"),
            "CHITIEU_WEBHOOK_URL": self.receiver.url,
            "CHITIEU_WEBHOOK_SECRET_FILE": str(self.folder / "webhook"),
            **QUICK,
        }

    def see(self, findings: Sequence[Finding], offset: int = 0) -> None:
        """From now on every look sees this, up to that offset of partition 0."""
        plant(self.sight, findings, offset)

    def announce(self, offset: int) -> None:
        """A hint that partition 0 was processed up to there."""
        self.announce_bytes(encode_change(Change(0, offset, 1, [])))

    def announce_bytes(self, value: bytes) -> None:
        """Anything as a message of `changes`."""
        self._send(CHANGES, value)

    def ask(self, *commands: Command | bytes) -> None:
        """Commands as the api writes them, or bytes that are none."""
        for one in commands:
            self._send(COMMANDS, one if isinstance(one, bytes) else encode_command(one))

    def _send(self, topic: str, value: bytes) -> None:
        async def publish() -> None:
            async with producer(self.settings) as out:
                await out.send(self.prefix + topic, value)

        asyncio.run(publish())

    def service(self, **environment: str) -> "AlertsService":
        """Another alerts service; it is ready and either owns the alerts or stands by."""
        one = AlertsService(self, f"alerts-{len(self.services)}", environment)
        self.services.append(one)
        return one.start()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a statement over this database."""
        return [tuple(row) for row in self._client.query(sql).result_rows]

    @cached_property
    def _client(self) -> Client:
        """One for all questions: making one costs three of them, and tests ask every 50 ms."""
        return self.schema.writer()

    def changes(self) -> list[tuple[Any, ...]]:
        """(alert, number, change, state, by) of everything recorded, in order."""
        return self.query(
            "SELECT thing, number, change, to_state, by FROM alert_transitions ORDER BY at, alert_id, number"
        )

    def wait_changes(self, count: int) -> list[tuple[Any, ...]]:
        """What is recorded, once it is so many."""
        wait_until(lambda: len(self.changes()) >= count, deadline_seconds=DEADLINE_SECONDS, what=f"{count} changes")
        return self.changes()

    def wait_owner(self, *services: "AlertsService") -> "AlertsService":
        """The one of these that owns the alerts, once one does."""
        wait_until(
            lambda: any(one.owns() for one in services), deadline_seconds=DEADLINE_SECONDS, what="an active evaluator"
        )
        return next(one for one in services if one.owns())

    def received_ids(self) -> list[str]:
        """Ids of all webhooks, in order of arrival."""
        return [delivery.headers["webhook-id"] for delivery in self.receiver.deliveries]

    def wait_received(self, ids: set[str]) -> None:
        """Returns once the receiver has had all of them."""
        wait_until(lambda: ids <= set(self.received_ids()), deadline_seconds=DEADLINE_SECONDS, what=f"webhooks {ids}")

    def stop(self) -> None:
        """Ends all that still run, frozen ones too."""
        for one in self.services:
            one.end()
        self.receiver.stop()
        if client := self.__dict__.pop("_client", None):
            client.close()


class AlertsService:
    """One process."""

    def __init__(self, setup: AlertsSetup, name: str, environment: dict[str, str]) -> None:
        self.port = free_ports(1)[0]
        env = {**setup.environment, "CHITIEU_ALERTS_PORT": str(self.port), **environment}
        command = [sys.executable, "-m", "tests.support.planted_alerts", str(setup.sight)]
        self.process = ChildProcess(command, env, setup.folder / f"{name}.log")

    def start(self) -> "AlertsService":
        """Returns when it says that it is ready."""
        self.process.start().wait_ready(lambda: self._get("/-/ready") is not None)
        return self

    def owns(self) -> bool:
        """Whether it is the active evaluator; False also when it does not answer."""
        return "chitieu_alerts_owner 1.0" in (self._get("/metrics") or "")

    def wait_gone(self) -> None:
        """Returns once it has ended, or owns nothing any more."""
        wait_until(self._gone, deadline_seconds=DEADLINE_SECONDS, what="an owner that has given up")

    def _gone(self) -> bool:
        return self.process.exit_status() is not None or "chitieu_alerts_owner 0.0" in (self._get("/metrics") or "")

    def end(self) -> None:
        """SIGCONT, so that a frozen one can, then SIGTERM."""
        if self.process.exit_status() is None:
            self.process.signal(signal.SIGCONT)
            self.process.stop()

    def _get(self, path: str) -> str | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as answer:
                return str(answer.read().decode())
        except OSError:
            return None
