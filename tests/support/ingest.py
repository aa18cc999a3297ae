"""A real ingest process on a real broker and engine, with its keys."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
from aiokafka import TopicPartition

from shared.contracts.event import Envelope, Event, decode_envelope
from shared.kafka import consumer
from shared.keys import Role, new_key
from shared.keystore import ClickHouseKeyStore
from shared.settings import SharedSettings
from shared.topics import EVENTS
from shared.topics.setup import create_topics
from tests.support.processes import REPO, ChildProcess, free_ports
from tests.support.schema import Schema
from tests.support.waiting import wait_until

PARTITIONS = 4
BATCH = "application/cloudevents-batch+json"


class LocalIngest:
    """`python -m services.ingest` on a free port; topics begin with `prefix`, tables are those of `schema`."""

    def __init__(self, folder: Path, bootstrap: str, schema: Schema, prefix: str, **settings: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._schema = schema
        self.port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        (folder / "writer").write_text(schema.engine.writer_password)
        (folder / "reader").write_text(schema.engine.reader_password)
        self.environment = {
            "CHITIEU_KAFKA_BOOTSTRAP": bootstrap,
            "CHITIEU_TOPIC_PREFIX": prefix,
            "CHITIEU_CLICKHOUSE_PORT": str(schema.engine.port),
            "CHITIEU_CLICKHOUSE_DATABASE": schema.database,
            "CHITIEU_CLICKHOUSE_PASSWORD_FILE": str(folder / "writer"),
            "CHITIEU_CLICKHOUSE_READER_PASSWORD_FILE": str(folder / "reader"),
            "CHITIEU_INGEST_PORT": str(self.port),
            **{f"CHITIEU_INGEST_{name.upper()}": value for name, value in settings.items()},
        }
        self.shared = SharedSettings(kafka_bootstrap=bootstrap, topic_prefix=prefix)
        self.process = ChildProcess([sys.executable, "-m", "services.ingest"], self.environment, folder / "ingest.log")

    def start(self) -> None:
        """Creates the topics, starts the process, and returns when it says that it is ready. Blocks."""
        asyncio.run(create_topics(self.shared))
        self.process.start().wait_ready(self.ready)

    def stop(self) -> int:
        """Exit status after SIGTERM."""
        return self.process.stop()

    def ready(self) -> bool:
        """Whether it says that it is ready."""
        try:
            return httpx.get(f"{self.url}/-/ready", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def metric(self, series: str) -> float:
        """The value of a metric, as `/metrics` names it with its labels; 0 when nothing was counted yet."""
        lines = httpx.get(f"{self.url}/metrics", timeout=30).text.splitlines()
        return next((float(line.rpartition(" ")[2]) for line in lines if line.rpartition(" ")[0] == series), 0.0)

    @contextmanager
    def unfinished(self, *keys: str) -> Iterator[list[socket.socket]]:
        """One request of each key that has a place and whose body does not end; afterwards the places are free."""
        with ExitStack() as stack:
            connections = [stack.enter_context(socket.create_connection(("127.0.0.1", self.port))) for _ in keys]
            for one, key in zip(connections, keys, strict=True):
                one.sendall(request_head(key, "content-length: 1000") + b"[")
            self._wait_under_way(len(keys))
            yield connections
        self._wait_under_way(0)

    def _wait_under_way(self, count: int) -> None:
        wait_until(
            lambda: self.metric("chitieu_ingest_in_flight_requests") == count,
            deadline_seconds=20,
            what=f"{count} requests under way",
        )

    def run(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """`python -m services.ingest …` in the same environment."""
        return subprocess.run(
            [sys.executable, "-m", "services.ingest", *arguments],
            env={**os.environ, **self.environment},  # noqa: TID251 - children inherit PATH
            cwd=REPO,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def new_key(self, system: str, units: Sequence[str] = (), types: Sequence[str] = ()) -> str:
        """A key for a system, as `keys new` stores it."""
        made = new_key(Role.EMIT, "test", system=system, units=units, types=types, at=datetime.now(UTC))
        client = self._schema.writer()
        ClickHouseKeyStore(client).put(made.record)
        client.close()
        return made.token

    def events(self) -> list[Event]:
        """Every event that is in the log now."""
        return [event for record in asyncio.run(self.records()) for event in decode(record).events]

    async def records(self) -> list[bytes]:
        """Every record that is in the log now, partition by partition."""
        reader = consumer(self.shared)
        await reader.start()
        try:
            partitions = [TopicPartition(self.shared.topic_prefix + EVENTS, number) for number in range(PARTITIONS)]
            reader.assign(partitions)
            ends = await reader.end_offsets(partitions)
            found: list[bytes] = []
            for partition in partitions:
                while await reader.position(partition) < ends[partition]:
                    batches = await reader.getmany(partition, timeout_ms=1000)
                    found += [record.value for batch in batches.values() for record in batch]
            return found
        finally:
            await reader.stop()

    def log(self) -> str:
        """Everything it has logged."""
        return self.process.log.read_text(errors="replace")


def request_head(key: str, *lines: str) -> bytes:
    """Request line and headers of a batch; `lines` are further headers."""
    head = ["POST /v1/events HTTP/1.1", "host: x", f"authorization: Bearer {key}", f"content-type: {BATCH}", *lines]
    return "\r\n".join([*head, "", ""]).encode()


def decode(record: bytes) -> Envelope:
    """The envelope of a record."""
    return decode_envelope(record)
