"""Sending to a running stack as an integrator does, and waiting until everything sent is scored."""

import asyncio
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import clickhouse_connect
import httpx
from aiokafka import TopicPartition
from clickhouse_connect.driver.client import Client

from shared.kafka import consumer
from shared.keys import Role, new_key
from shared.keystore import ClickHouseKeyStore
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
        self.engine = self._client("reader")
        self._keys: dict[str, str] = {}

    def close(self) -> None:
        """Closes its connections."""
        self.http.close()
        self.engine.close()

    def key(self, role: str, system: str = "") -> str:
        """A key as `keys new` stores it, one per role and system."""
        name = system or role
        if name not in self._keys:
            made = new_key(Role(role), "test", system=system, at=datetime.now(UTC))
            client = self._client("writer")
            ClickHouseKeyStore(client).put(made.record)
            client.close()
            self._keys[name] = made.token
        return self._keys[name]

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

    def _client(self, user: str) -> Client:
        return clickhouse_connect.get_client(
            host="127.0.0.1",
            port=self.stack.port("engine"),
            username=user,
            password=(self.stack.settings.secrets / f"engine-{user}").read_text().strip(),
            database="chitieu",
            autogenerate_session_id=False,
            tz_mode="aware",
        )

    async def _ends(self) -> dict[int, int]:
        plain = consumer(SharedSettings(kafka_bootstrap=f"127.0.0.1:{self.stack.port('kafka')}"))
        await plain.start()
        try:
            partitions = [TopicPartition(EVENTS, number) for number in range(SharedSettings().partitions)]
            return {part.partition: end - 1 for part, end in (await plain.end_offsets(partitions)).items()}
        finally:
            await plain.stop()
