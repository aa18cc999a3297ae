"""Scoring: one worker drains a log that is already full, beside an idiomatic Faust program over the same events."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
from aiokafka.admin import NewTopic

from shared.contracts.event import Event
from shared.kafka import admin, producer
from shared.settings import SharedSettings
from shared.topics import partition_of
from tests.bench.baselines.faust_table import changelogs
from tests.bench.events import EVENTS_PER_FILING
from tests.bench.measuring import Line, Sample, cores, cpu_seconds, interleaved, medians, pin
from tests.bench.run import Run
from tests.support.processes import ChildProcess
from tests.support.schema import create_schema
from tests.support.scoring import PARTITIONS, ScoringSetup, filings

PER_RECORD = 200
TIMES, GOAL = 10.0, 40_000
DRAIN_DEADLINE_SECONDS = 900
MARKS = "SELECT partition, max(offset) FROM ledger GROUP BY partition"


def scoring_lines(run: Run) -> list[Line]:
    """One line: events per second of each, between the first and the last that it has processed."""
    ours_count, theirs_count = run.size(200_000, 40_000), run.size(30_000, 6_000)
    numbers = iter(range(1_000))
    samples, baseline = interleaved(
        run.rounds,
        lambda: _ours(run, filings(0, ours_count // EVENTS_PER_FILING), next(numbers)),
        lambda: _theirs(run, filings(0, theirs_count // EVENTS_PER_FILING), next(numbers)),
    )
    mine, plain = medians(samples), medians(baseline)
    times = mine["per_second"] / plain["per_second"]
    return [
        Line(
            "scoring, one worker, one core",
            "events/s",
            mine["per_second"],
            plain["per_second"],
            f"≥ {TIMES:.0f}×, goal {GOAL:,}",
            None if run.quick else times >= TIMES,
            {"ours": mine, "baseline": plain, "times": times},
        )
    ]


def _ours(run: Run, events: list[Event], number: int) -> Sample:
    folder = run.folder / f"scoring-{number}"
    folder.mkdir()
    setup = ScoringSetup(run.kafka, create_schema(run.engine), folder, f"bench{number}-")
    setup.send(events, PER_RECORD)
    worker = setup.worker()
    worker.process.start()
    pin(worker.process.pid, cores()[0])
    client = setup.schema.writer()
    sizes = Counter(partition_of(event.subject, PARTITIONS) for event in events)

    def processed() -> int:
        """By the tables' marks: asking the worker's own pages twenty times a second took a tenth of its time."""
        rows = client.query(MARKS).result_rows
        return sum(min((offset + 1) * PER_RECORD, sizes[partition]) for partition, offset in rows)

    try:
        return _drained(worker.process, processed, len(events))
    finally:
        client.close()
        setup.stop()


def _theirs(run: Run, events: list[Event], number: int) -> Sample:
    folder = run.folder / f"faust-{number}"
    folder.mkdir()
    name, told = f"bench{number}-faust", folder / "told"
    asyncio.run(_send_singly(run.kafka.bootstrap, name, events))
    module = "tests.bench.baselines.faust_table"
    options = ["--bootstrap", run.kafka.bootstrap, "--topic", name, "--name", f"{name}-app"]
    paths = ["--told", str(told), "--data", str(folder / "data")]
    process = ChildProcess([sys.executable, "-m", module, *options, *paths], {}, folder / "faust.log")
    process.start()
    pin(process.pid, cores()[0])
    try:
        return _drained(process, lambda: _number_in(told), len(events))
    finally:
        process.stop()


def _drained(process: ChildProcess, processed: Callable[[], int], count: int) -> Sample:
    """From the first event seen processed to the last: starting up is measured elsewhere."""
    seen: list[tuple[int, float, float]] = []

    def finished() -> bool:
        done = processed()
        if done and (not seen or done >= count):
            seen.append((done, time.perf_counter(), cpu_seconds(process.pid)))
        return done >= count and len(seen) > 1

    process.wait_ready(finished, deadline_seconds=DRAIN_DEADLINE_SECONDS)
    (first, began, cpu_began), (last, ended, cpu_ended) = seen[0], seen[-1]
    return Sample(last - first, ended - began, cpu_ended - cpu_began)


def _number_in(file: Path) -> int:
    text = file.read_text() if file.exists() else ""
    return int(text) if text else 0


async def _send_singly(bootstrap: str, topic: str, events: list[Event]) -> None:
    """One event per record, in a topic of the same number of partitions."""
    settings = _settings(bootstrap)
    manager = admin(settings)
    await manager.start()
    tables = changelogs(f"{topic}-app")
    await manager.create_topics([NewTopic(name, PARTITIONS, 1) for name in (topic, *tables)])
    await manager.close()
    async with producer(settings) as out:
        sent = [
            await out.send(
                topic,
                msgspec.msgpack.encode(event),
                key=event.subject.encode(),
                partition=partition_of(event.subject, PARTITIONS),
            )
            for event in events
        ]
        await asyncio.gather(*sent)


def _settings(bootstrap: str) -> SharedSettings:
    return SharedSettings(kafka_bootstrap=bootstrap)
