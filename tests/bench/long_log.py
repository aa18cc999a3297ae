"""A long log for one scoring worker: every slice has the same mixture, while the store behind it grows.

A slice opens `2 × width` filings (received, digitised) and answers `width` of those that are open (result, rating),
chosen at random among all that were ever opened: so the store is read in no order, as by filings of a whole year.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from random import Random
from typing import Any

from clickhouse_connect.driver.client import Client
from typing_extensions import override

from shared.contracts.event import Envelope, Event, encode_envelope
from shared.settings import SharedSettings
from shared.topics import partition_of
from tests.bench.events import EVENTS_PER_FILING
from tests.bench.measuring import cores, cpu_seconds, pin
from tests.bench.run import Run
from tests.bench.scoring import DRAIN_DEADLINE_SECONDS, MARKS, PER_RECORD
from tests.support.schema import create_schema
from tests.support.scoring import ScoringSetup, filings

EVENTS_PER_WIDTH = 6
RECEIVED_MS = 1_772_500_000_000


@dataclass
class LongSetup(ScoringSetup):
    """A setup with its own number of partitions, which keeps nothing of what it sends."""

    partitions: int = 4
    counted: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    """By partition and offset: events up to there."""

    @cached_property
    @override
    def settings(self) -> SharedSettings:
        return ScoringSetup.settings.func(self).model_copy(update={"partitions": self.partitions})  # type: ignore[attr-defined, no-any-return]

    @override
    def environment(self) -> dict[str, str]:
        return super().environment() | {"CHITIEU_PARTITIONS": str(self.partitions)}

    def send_slice(self, events: list[Event]) -> None:
        """Returns when the log holds them."""
        by_partition: dict[int, list[Event]] = {}
        for event in events:
            by_partition.setdefault(partition_of(event.subject, self.partitions), []).append(event)
        records = []
        for partition, some in by_partition.items():
            counted = self.counted[partition]
            for at in range(0, len(some), PER_RECORD):
                record = some[at : at + PER_RECORD]
                counted.append((counted[-1] if counted else 0) + len(record))
                records.append((partition, encode_envelope(Envelope(RECEIVED_MS, record))))
        self.send_raw(records)

    def processed(self, client: Client) -> int:
        """Events up to the ledger's marks."""
        rows = client.query(MARKS).result_rows
        return sum(self.counted[partition][offset] for partition, offset in rows if offset >= 0)


def slices(count: int, width: int) -> Iterator[list[Event]]:
    """`count` slices of `6 × width` events, the same at every run."""
    random, waiting = Random(7), list[int]()
    for number in range(count):
        opened = range(2 * width * number, 2 * width * (number + 1))
        waiting += opened
        random.shuffle(waiting)
        answered, waiting = waiting[:width], waiting[width:]
        first = [event for at, event in enumerate(filings(opened[0], len(opened))) if at % EVENTS_PER_FILING < 2]
        yield first + [event for one in answered for event in filings(one, 1)[2:]]


def filled(run: Run, name: str, partitions: int, count: int, width: int) -> LongSetup:
    """A setup whose log holds all slices and that no worker has seen."""
    folder = run.folder / name
    folder.mkdir()
    setup = LongSetup(run.kafka, create_schema(run.engine), folder, f"{name}-", partitions=partitions)
    for events in slices(count, width):
        setup.send_slice(events)
    return setup


def drained(setup: LongSetup, count: int, width: int) -> list[dict[str, Any]]:
    """One worker scores everything; per slice: subjects in the store after it, events/s, µs of its CPU per event."""
    worker, step = setup.worker(), EVENTS_PER_WIDTH * width
    worker.process.start()
    pin(worker.process.pid, cores()[0])
    marks: list[tuple[int, float, float]] = []
    client = setup.schema.writer()

    def finished() -> bool:
        done, at = setup.processed(client), time.perf_counter()
        while done and done >= len(marks) * step:
            marks.append((done, at, cpu_seconds(worker.process.pid)))
        return done >= count * step

    worker.process.wait_ready(finished, deadline_seconds=DRAIN_DEADLINE_SECONDS)
    client.close()
    setup.stop()
    return [
        {
            "subjects": 2 * width * number,
            "per_second": (done - was) / (at - before),
            "cpu_us": (cpu - cpu_before) / (done - was) * 1e6,
        }
        for number, ((was, before, cpu_before), (done, at, cpu)) in enumerate(pairwise(marks), 1)
        if done > was
    ]
