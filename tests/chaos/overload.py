"""Overload: several times what the pipeline can take in, for minutes; what was accepted is exact, memory is bounded.

The capacity is the highest rate that the whole pipeline holds with a lag below 2 s. Ingest alone accepts more: then the
log grows, on disk, and scoring follows later; no memory may grow with it. So that ingest is overloaded too, the rate is
a multiple of the higher one: what ingest accepts from senders that wait for their answers.

The base of the comparison is the most that was held while the pipeline ran at its capacity, after half of that time:
at rest no buffer is filled and no heap has grown yet, and a service that is at work is no leak. What counts as held is
said in `memory.py`.
"""

import asyncio
import re
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import uvloop

from tests.chaos.check import EVENTS, LEDGER, Difference, Tables, whole
from tests.chaos.flood import BATCH_EVENTS, LETTERS, Flood, letters
from tests.chaos.memory import Sample, Watch
from tests.support.pipeline import Pipeline
from tests.support.stack import LocalStack
from tests.support.waiting import wait_until

T = TypeVar("T")

KEYS = 8
"""Each may have 32 requests under way; together they reach the limit of all, which answers 503."""
CAPACITY_SECONDS = 180.0
"""The engine's larger merges come only after the first minute, at any rate; they are no growth of an overload."""
INTAKE_SECONDS = 15.0
MEMORY_GROWTH = 0.20
SENT_SHARE = 0.95
"""Of the planned batches: with fewer the sender was too slow, and the overload not what it is said to be."""
KNOWN_SECONDS = 60
DRAIN_SECONDS = 3_600
COMPONENTS = "filing_digitised.components"
"""Counts every filing that was received: one event is one."""
SCORED = re.compile(r"^chitieu_scoring_events_total\{.*\} (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Growth:
    """The most that was held at capacity and in the overload."""

    base: Sample
    highest: Sample

    @property
    def share(self) -> float:
        """0.2: a fifth more."""
        return self.highest.held / self.base.held - 1


def overload(folder: Path, seconds: float, factor: float) -> list[Difference]:
    """Runs it on a stack of its own and prints what was seen."""
    with _stack(folder) as (stack, pipeline, tables):
        flood = _flood(stack)
        with Watch(stack._supervisor.pid) as memory:
            base, rate = _capacity(stack, flood, memory, min(CAPACITY_SECONDS, seconds))
            if not rate:
                return [Difference("answer", text) for text in flood.unexpected[:5]]
            before, began = flood.sent, time.monotonic()
            flood.answers.clear()
            _run(flood.open(seconds, rate * factor))
            growth = Growth(base, memory.highest(began, time.monotonic()))
        share = (flood.sent - before) * BATCH_EVENTS / (rate * factor * seconds)
        _tell(flood, growth, share, factor)
        began = time.monotonic()
        wait_until(lambda: _drained(pipeline), deadline_seconds=DRAIN_SECONDS, what="marks at the log's end")
        waited = time.monotonic() - began
        print(
            f"scored: all {flood.accepted_events:,} accepted events, {waited:.0f} s after the last was sent", flush=True
        )
        return [*_uncounted(tables, flood), *whole(tables), *_limits(flood, growth, share)]


def _capacity(stack: LocalStack, flood: Flood, memory: Watch, seconds: float) -> tuple[Sample, float]:
    """What was held at the pipeline's capacity, and the events per second that are one time the load."""

    async def scored() -> int:
        answer = await asyncio.to_thread(httpx.get, stack.url("scoring", "/metrics"))
        return int(sum(map(float, SCORED.findall(answer.text))))

    half = time.monotonic() + seconds / 2
    held = _run(flood.held(seconds, scored))
    base = memory.highest(half, time.monotonic())
    behind = f"at most {flood.lag_seconds:.1f} s behind"
    print(f"capacity of the pipeline: {held:,.0f} events/s for {seconds / 2:g} s, {behind}", flush=True)
    taken = _run(flood.unheld(INTAKE_SECONDS))
    print(f"accepted from senders that wait: {taken:,.0f} events/s", flush=True)
    return base, max(held, taken)


def _tell(flood: Flood, growth: Growth, share: float, factor: float) -> None:
    print(f"sent: {factor:g} times as much, {share:.0%} of it; the sender was at most {flood.late_seconds:.1f} s late")
    print(f"answers by batch of {BATCH_EVENTS}: {dict(flood.answers)}; {flood.most_busy} waited at once")
    print(f"memory, MiB: {growth.base.table()} at capacity")
    print(f"             {growth.highest.table()} at most, {growth.share:+.1%} held", flush=True)


def _run(sending: Coroutine[Any, Any, T]) -> T:
    """On the faster loop, so that the sender keeps its pace beside what it tests."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(sending)


@contextmanager
def _stack(folder: Path) -> Iterator[tuple[LocalStack, Pipeline, Tables]]:
    stack = LocalStack(folder)
    stack.start()
    try:
        pipeline, tables = Pipeline(stack), Tables(stack)
        yield stack, pipeline, tables
        pipeline.close()
        tables.close()
    finally:
        stack.stop()


def _flood(stack: LocalStack) -> Flood:
    """With new keys; returned when ingest knows them."""
    options = ["keys", "new", "--role", "emit", "--owner", "overload", "--system", "dvc"]
    keys = [stack.run("services.ingest", *options).stdout.strip() for _ in range(KEYS)]
    flood = Flood(stack.port("ingest"), keys)
    wait_until(flood.known, deadline_seconds=KNOWN_SECONDS, what="the keys known")
    return flood


def _drained(pipeline: Pipeline) -> bool:
    marks = pipeline.marks()
    return all(marks.get(partition, -1) >= end for partition, end in pipeline.log_ends().items())


def _uncounted(tables: Tables, flood: Flood) -> list[Difference]:
    """Every accepted batch: all its events once in `events`, all its filings once in the ledger."""
    batch = f"right(subject, {LETTERS}) AS batch"
    there = f"SELECT {batch}, uniqExact(id) FROM {EVENTS} WHERE startsWith(subject, 'filing/') GROUP BY batch"
    sums = f"SELECT {batch}, sum(den) FROM {LEDGER} WHERE reading = '{COMPONENTS}' GROUP BY batch"
    accepted = {letters(number): number for number in flood.accepted}
    found = []
    for name, sql in (("events", there), ("the ledger", sums)):
        counts = {str(batch): int(count) for batch, count in tables.rows(sql)}
        lost = sorted(number for batch, number in accepted.items() if counts.get(batch, 0) < BATCH_EVENTS)
        doubled = sorted(batch for batch, count in counts.items() if count > BATCH_EVENTS)
        found += [Difference("lost", f"{len(lost)} accepted batches not whole in {name}: {lost[:5]}")] * bool(lost)
        found += [Difference("doubled", f"{len(doubled)} batches in {name}: {doubled[:5]}")] * bool(doubled)
    return found


def _limits(flood: Flood, growth: Growth, share: float) -> list[Difference]:
    found = [Difference("answer", text) for text in flood.unexpected[:5]]
    if growth.share > MEMORY_GROWTH:
        found.append(Difference("memory", f"grew by {growth.share:.0%}"))
    if not any(answer.startswith(("429", "503")) for answer in flood.answers):
        found.append(Difference("answer", "nothing was sent away: this was no overload"))
    if share < SENT_SHARE:
        found.append(
            Difference("answer", f"only {share:.0%} of the load was sent: the sender is too slow for this machine")
        )
    return found
