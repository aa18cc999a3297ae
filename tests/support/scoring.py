"""A log, a database and workers of their own for one test of scoring; expectations come from the pure engine."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from aiokafka.structs import TopicPartition
from clickhouse_connect.driver.client import Client

from services.scoring.engine import process, seed
from services.scoring.facts import Facts
from services.scoring.records import Delivery
from shared.catalogue import load_catalogue
from shared.contracts.event import Envelope, Event, content_hash, encode_envelope
from shared.kafka import consumer, producer
from shared.settings import SharedSettings
from shared.topics import DEAD_LETTERS, EVENTS, partition_of
from shared.topics.setup import create_topics
from tests.support.kafka import LocalKafka
from tests.support.processes import REPO, ChildProcess, free_ports
from tests.support.schema import Schema
from tests.support.waiting import wait_until

PARTITIONS = 4
DEADLINE_SECONDS = 60
FIRST_TIME_US = 1_772_400_000_000_000
"""2026-03-01T21:20Z; the events of a test follow by the second."""

Sums = dict[tuple[str, str, int, str], tuple[int, int, int]]
"""(reading, unit, day, reason) → (num, den, excluded), without zeros."""

FACTS = Facts.from_catalogue(load_catalogue())


def make_event(kind: str, subject: str, number: int, data: dict[str, Any], corrects: str = "") -> Event:
    """An event as ingest would have written it."""
    event = Event(
        "/systems/dvc",
        f"e-{number}",
        kind,
        subject,
        FIRST_TIME_US + number * 1_000_000,
        "so-khcn",
        0,
        corrects,
        b"",
        data,
    )
    return msgspec.structs.replace(event, content=content_hash(event))


def filings(first: int, count: int) -> list[Event]:
    """Four events each of `count` filings; every third is rated as dissatisfied."""
    events = []
    for number in range(first, first + count):
        subject = f"filing/{sha256(str(number).encode()).hexdigest()}"
        received = {
            "procedure": "1.004227.000.00.00.H31",
            "receiving_unit": "so-khcn",
            "channel": "online",
            "full_online_offered": True,
            "result_is_document": True,
            "due_at": None,
            "applicant_kind": "citizen",
        }
        told: list[tuple[str, dict[str, Any]]] = [
            ("filing.received", received),
            ("filing.digitised", {"part": "components", "complete": True}),
            ("filing.result_issued", {"electronic": True, "signed": True, "delivery": "online"}),
            ("filing.rated", {"rating": "satisfied" if number % 3 else "dissatisfied"}),
        ]
        events += [make_event(kind, subject, 4 * number + step, data) for step, (kind, data) in enumerate(told)]
    return events


def retractions(events: Sequence[Event]) -> list[Event]:
    """Takes the rating of every filing of `filings` back."""
    return [
        make_event("event.retracted", event.subject, 1_000_000 + number, {"id": event.id})
        for number, event in enumerate(events)
        if event.type == "filing.rated"
    ]


@dataclass
class ScoringSetup:
    """`send` to the log, `worker` starts a process, `sums` reads the ledger, `expected` folds what was sent."""

    kafka: LocalKafka
    schema: Schema
    folder: Path
    prefix: str
    workers: list["ScoringWorker"] = field(default_factory=list)
    sent: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        asyncio.run(create_topics(self.settings))

    @cached_property
    def settings(self) -> SharedSettings:
        """How the test itself reaches broker and engine."""
        password = self.folder / "password"
        password.write_text(self.schema.engine.writer_password)
        return SharedSettings(
            kafka_bootstrap=self.kafka.bootstrap,
            topic_prefix=self.prefix,
            clickhouse_port=self.schema.engine.port,
            clickhouse_database=self.schema.database,
            clickhouse_password_file=password,
            data=self.folder / "data",
        )

    def send(self, events: Sequence[Event], per_record: int = 50) -> None:
        """Returns when the log holds them, in this order per partition."""
        self.sent += events
        by_partition: dict[int, list[Event]] = {}
        for event in events:
            by_partition.setdefault(partition_of(event.subject, PARTITIONS), []).append(event)
        records = [
            (partition, encode_envelope(Envelope(1_772_500_000_000, some[start : start + per_record])))
            for partition, some in by_partition.items()
            for start in range(0, len(some), per_record)
        ]
        self.send_raw(records)

    def send_raw(self, records: Sequence[tuple[int, bytes]]) -> None:
        """Any bytes as records of `events`."""

        async def publish() -> None:
            async with producer(self.settings) as out:
                for partition, value in records:
                    await out.send(self.prefix + EVENTS, value, partition=partition)

        asyncio.run(publish())

    def dead_letters(self) -> list[tuple[bytes, dict[str, bytes]]]:
        """Value and headers of all dead letters so far."""
        return self.read(DEAD_LETTERS)

    def read(self, topic: str) -> list[tuple[bytes, dict[str, bytes]]]:
        """Value and headers of everything in a topic of one partition."""

        async def read() -> list[tuple[bytes, dict[str, bytes]]]:
            tp = TopicPartition(self.prefix + topic, 0)
            async with consumer(self.settings) as source:
                source.assign([tp])
                end = (await source.end_offsets([tp]))[tp]
                found: list[Any] = []
                while len(found) < end:
                    found += (await source.getmany(tp, timeout_ms=500)).get(tp, [])
                return [(message.value, dict(message.headers)) for message in found]

        return asyncio.run(read())

    def worker(self, fault: str = "", **environment: str) -> "ScoringWorker":
        """A worker with its pages on a free port, all in one data folder; `fault` is one of `planted_worker`."""
        one = ScoringWorker(self, f"worker-{len(self.workers)}", environment, fault)
        self.workers.append(one)
        return one

    def run(self, *arguments: str) -> tuple[int, str]:
        """Exit status and output of a command, `run("audit")`; it must end within the deadline."""
        done = subprocess.run(
            [sys.executable, "-m", "services.scoring", *arguments],
            env={**os.environ, **self.environment()},  # noqa: TID251 - children inherit PATH and proxies
            cwd=REPO,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def environment(self) -> dict[str, str]:
        """What a process of this setup is told."""
        settings = self.settings
        return {
            "CHITIEU_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
            "CHITIEU_TOPIC_PREFIX": settings.topic_prefix,
            "CHITIEU_CLICKHOUSE_PORT": str(settings.clickhouse_port),
            "CHITIEU_CLICKHOUSE_DATABASE": settings.clickhouse_database,
            "CHITIEU_CLICKHOUSE_PASSWORD_FILE": str(settings.clickhouse_password_file),
            "CHITIEU_DATA": str(settings.data),
        }

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a statement over this database."""
        return [tuple(row) for row in self._client.query(sql).result_rows]

    def command(self, sql: str) -> None:
        """A statement without rows."""
        self._client.command(sql)

    @cached_property
    def _client(self) -> Client:
        """One for all questions: making one costs three of them, and tests ask every 50 ms."""
        return self.schema.writer()

    def marks(self) -> dict[int, int]:
        """Highest offset in the ledger by partition."""
        return dict(self.query("SELECT partition, max(offset) FROM ledger GROUP BY partition"))

    def sums(self) -> Sums:
        """What the ledger says."""
        rows = self.query(
            "SELECT reading, unit, toInt32(day), reason, sum(num), sum(den), sum(excluded) FROM ledger"
            " WHERE kind = 'entry' GROUP BY reading, unit, day, reason"
        )
        return {tuple(row[:4]): tuple(row[4:]) for row in rows if any(row[4:])}

    def expected(self) -> Sums:
        """What the engine says when it is given everything that was sent at once."""
        deliveries = [
            Delivery(event, 0, partition_of(event.subject, PARTITIONS), at, 0) for at, event in enumerate(self.sent)
        ]
        sums: defaultdict[tuple[str, str, int, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        blocks = [seed(FACTS, partition, PARTITIONS) for partition in range(PARTITIONS)]
        for block in [*blocks, process(FACTS, {}, deliveries)]:
            for _, reading, unit, day, _, _, _, num, den, excluded, reason, *_ in block.ledger:
                for place, amount in enumerate((num, den, excluded)):
                    sums[reading, unit, day, reason][place] += amount
        return {key: (s[0], s[1], s[2]) for key, s in sums.items() if any(s)}

    def wait_exact(self) -> None:
        """Returns once the ledger is exactly what is expected, all events have rows, and none has one twice."""
        expected, events = self.expected(), len({(event.source, event.id) for event in self.sent})
        wait_until(
            # The last event may move nothing: exact sums alone do not tell that it came.
            lambda: (
                self.query("SELECT uniqExact(source, id) FROM events WHERE kind = 'event'") == [(events,)]
                and self.sums() == expected
            ),
            deadline_seconds=DEADLINE_SECONDS,
            what="exact ledger",
        )
        rows, different = self.query(
            "SELECT count(), uniqExact(partition, offset, seq, source, id, outcome, other_id) FROM events"
        )[0]
        assert rows == different

    def stop(self) -> None:
        """Ends all workers that still run, frozen ones too."""
        for one in self.workers:
            one.end()
        if client := self.__dict__.pop("_client", None):
            client.close()


class ScoringWorker:
    """One worker process."""

    def __init__(self, setup: ScoringSetup, name: str, environment: dict[str, str], fault: str = "") -> None:
        self.port = free_ports(1)[0]
        env = {**setup.environment(), "CHITIEU_SCORING_PORT": str(self.port), **environment}
        module = ["tests.support.planted_worker", fault] if fault else ["services.scoring"]
        self.process = ChildProcess([sys.executable, "-m", *module], env, setup.folder / f"{name}.log")

    def start(self) -> "ScoringWorker":
        """Returns when it answers that its partitions are ready."""
        self.process.start().wait_ready(self.ready)
        return self

    def ready(self) -> bool:
        """Whether it owns partitions and all are taken over and restored."""
        return self.assigned() > 0 and self._get("/-/ready") is not None

    def settles(self) -> bool:
        """True once it is ready, False when it has ended instead."""
        wait_until(
            lambda: self.exit_status() is not None or self.ready(),
            deadline_seconds=DEADLINE_SECONDS,
            what="ready or gone",
        )
        return self.exit_status() is None

    def assigned(self) -> int:
        """Number of partitions it owns."""
        for line in (self._get("/metrics") or "").splitlines():
            if line.startswith("chitieu_scoring_assigned_partitions "):
                return int(float(line.split()[1]))
        return 0

    def lines(self) -> list[dict[str, Any]]:
        """Its log lines."""
        return [json.loads(line) for line in self.process.log.read_text().splitlines() if line.startswith("{")]

    def end(self) -> None:
        """SIGCONT, so that a frozen one can, then SIGTERM."""
        if self.exit_status() is None:
            self.process.signal(signal.SIGCONT)
            self.process.stop()

    def exit_status(self) -> int | None:
        """None while it runs."""
        child = self.process._process
        return None if child is None else child.poll()

    def wait_exit(self) -> tuple[int, str]:
        """Exit status and the reason on its last line, once it has ended by itself."""
        wait_until(lambda: self.exit_status() is not None, deadline_seconds=DEADLINE_SECONDS, what="exit")
        status = self.exit_status()
        assert status is not None
        return status, str(self.lines()[-1].get("reason"))

    def _get(self, path: str) -> str | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            return None
