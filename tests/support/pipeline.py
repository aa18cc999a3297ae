"""Sending to a running stack as an integrator does, and waiting until everything sent is scored."""

import asyncio
import json
from itertools import groupby
from typing import Any

import clickhouse_connect
import httpx
from aiokafka import TopicPartition
from clickhouse_connect.driver.client import Client

from deploy.local.stack.demo_keys import PEOPLE, ensure_demo_keys
from shared.kafka import consumer
from shared.keys import Role
from shared.settings import SharedSettings
from shared.topics import EVENTS
from tests.support.stack import LocalStack
from tests.support.waiting import wait_until

BATCH = "application/cloudevents-batch+json"
SCORED_WITHIN_SECONDS = 120
"""For a machine on which other tests run; on a quiet one a second."""


class Pipeline:
    """The stack's ingest with a key for every system, and its engine as the read-only user."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self.http = httpx.Client(timeout=30)
        # All of them before the first is used: the services then know them however busy the machine is.
        self._systems: dict[str, str] = json.loads(ensure_demo_keys(stack.settings).read_text())
        self.engine: Client = clickhouse_connect.get_client(
            host="127.0.0.1",
            port=stack.port("engine"),
            username="reader",
            password=(stack.settings.secrets / "engine-reader").read_text().strip(),
            database="chitieu",
            autogenerate_session_id=False,
            tz_mode="aware",
        )

    def close(self) -> None:
        """Closes its connections."""
        self.http.close()
        self.engine.close()

    def key(self, role: str, system: str = "") -> str:
        """The key of a system, or of a person's role."""
        return self._systems[system] if system else (self.stack.settings.secrets / PEOPLE[Role(role)]).read_text()

    def bearer(self, role: str, system: str = "") -> dict[str, str]:
        """The header that carries such a key."""
        return {"authorization": f"Bearer {self.key(role, system)}"}

    def send(self, events: list[dict[str, Any]]) -> None:
        """Sends in order, one batch for each run of events of one system; every event must be accepted."""
        for source, run in groupby(events, key=lambda event: str(event["source"])):
            batch = list(run)
            headers = self.bearer("emit", source.removeprefix("/systems/")) | {"content-type": BATCH}
            answer = self.http.post(self.stack.url("ingest", "/v1/events"), json=batch, headers=headers)
            assert answer.status_code == 202, answer.text
            assert [one["status"] for one in answer.json()["results"]] == ["accepted"] * len(batch), answer.text

    def wait_scored(self, deadline_seconds: float = SCORED_WITHIN_SECONDS) -> None:
        """Returns when the ledger's marks have reached the end of the log as it is now."""
        ends = self.log_ends()
        wait_until(
            lambda: all(self.marks().get(partition, -1) >= end for partition, end in ends.items()),
            deadline_seconds=deadline_seconds,
            what=f"marks at {ends}",
        )

    def marks(self) -> dict[int, int]:
        """Partition → highest offset that the ledger holds."""
        return {
            int(row[0]): int(row[1])
            for row in self.engine.query("SELECT partition, offset FROM watermarks").result_rows
        }

    def log_ends(self) -> dict[int, int]:
        """Partition → offset of the last record of `events`."""
        return asyncio.run(self._ends())

    async def _ends(self) -> dict[int, int]:
        plain = consumer(SharedSettings(kafka_bootstrap=f"127.0.0.1:{self.stack.port('kafka')}"))
        await plain.start()
        try:
            partitions = [TopicPartition(EVENTS, number) for number in range(SharedSettings().partitions)]
            return {part.partition: end - 1 for part, end in (await plain.end_offsets(partitions)).items()}
        finally:
            await plain.stop()
