"""Overload: several times what the pipeline can take in, for minutes; what was accepted is exact, memory is bounded."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.check import EVENTS, LEDGER, Difference, Tables, whole
from tests.chaos.flood import BATCH_EVENTS, FIRST_DIGITS, Flood, batch_digits
from tests.chaos.memory import tree_mib
from tests.support.pipeline import Pipeline
from tests.support.stack import LocalStack
from tests.support.waiting import wait_until

KEYS = 8
"""Each may have 32 requests under way; together they reach the limit of all, which answers 503."""
CAPACITY_SECONDS = 20.0
CAPACITY_SENDERS = 8
MEMORY_EVERY_SECONDS = 2.0
MEMORY_GROWTH = 0.20
DRAIN_SECONDS = 1_800
COMPONENTS = "filing_digitised.components"
"""Counts every filing that was received: one event is one."""


def overload(folder: Path, seconds: float, factor: float) -> list[Difference]:
    """Runs it on a stack of its own and prints what was seen."""
    with _stack(folder) as (stack, pipeline, tables):
        flood = Flood(stack.url("ingest", "/v1/events"), _keys(stack))
        capacity = asyncio.run(flood.closed(CAPACITY_SECONDS, CAPACITY_SENDERS))
        print(f"capacity: {capacity:,.0f} events/s accepted with {CAPACITY_SENDERS} senders that wait", flush=True)
        memory = Memory(stack)
        flood.answers.clear()
        asyncio.run(_watched(flood, memory, seconds, capacity * factor))
        accepted = len(flood.accepted) * BATCH_EVENTS
        print(
            f"sent: {factor:g} times as much for {seconds:g} s; the sender was at most {flood.late_seconds:.1f} s late"
        )
        print(f"answers by batch of {BATCH_EVENTS}: {dict(flood.answers)}")
        print(
            f"memory (PSS of the stack): {memory.first} MiB at full capacity, {memory.highest} MiB at most", flush=True
        )
        began = time.monotonic()
        wait_until(lambda: _drained(pipeline), deadline_seconds=DRAIN_SECONDS, what="marks at the log's end")
        print(f"scored: all {accepted:,} accepted events, {time.monotonic() - began:.0f} s after the last was sent")
        return [*_uncounted(tables, flood), *whole(tables), *_limits(flood, memory)]


async def _watched(flood: Flood, memory: "Memory", seconds: float, rate: float) -> None:
    task = asyncio.create_task(memory.watch())
    await flood.open(seconds, rate)
    task.cancel()


class Memory:
    """PSS of the stack: where it was, and the most it ever was."""

    def __init__(self, stack: LocalStack) -> None:
        self._root = stack._supervisor.pid
        self.first = self.highest = tree_mib(self._root)

    async def watch(self) -> None:
        """Looks until cancelled."""
        while True:
            self.highest = max(self.highest, await asyncio.to_thread(tree_mib, self._root))
            await asyncio.sleep(MEMORY_EVERY_SECONDS)


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


def _keys(stack: LocalStack) -> list[str]:
    options = ["keys", "new", "--role", "emit", "--owner", "overload", "--system", "dvc"]
    return [stack.run("services.ingest", *options).stdout.strip() for _ in range(KEYS)]


def _drained(pipeline: Pipeline) -> bool:
    marks = pipeline.marks()
    return all(marks.get(partition, -1) >= end for partition, end in pipeline.log_ends().items())


def _uncounted(tables: Tables, flood: Flood) -> list[Difference]:
    """Every accepted batch: all its events once in `events`, all its filings once in the ledger."""
    digits = f"substring(subject, {len('filing/') + 1}, {FIRST_DIGITS}) AS batch"
    there = f"SELECT {digits}, uniqExact(id) FROM {EVENTS} WHERE startsWith(subject, 'filing/') GROUP BY batch"
    sums = f"SELECT {digits}, sum(den) FROM {LEDGER} WHERE reading = '{COMPONENTS}' GROUP BY batch"
    accepted = {batch_digits(number): number for number in flood.accepted}
    found = []
    for name, sql in (("events", there), ("the ledger", sums)):
        counts = {str(batch): int(count) for batch, count in tables.rows(sql)}
        lost = sorted(number for batch, number in accepted.items() if counts.get(batch, 0) < BATCH_EVENTS)
        doubled = sorted(batch for batch, count in counts.items() if count > BATCH_EVENTS)
        found += [Difference("lost", f"{len(lost)} accepted batches not whole in {name}: {lost[:5]}")] * bool(lost)
        found += [Difference("doubled", f"{len(doubled)} batches in {name}: {doubled[:5]}")] * bool(doubled)
    return found


def _limits(flood: Flood, memory: Memory) -> list[Difference]:
    found = [Difference("answer", text) for text in flood.unexpected[:5]]
    if memory.highest > memory.first * (1 + MEMORY_GROWTH):
        found.append(Difference("memory", f"grew from {memory.first} to {memory.highest} MiB"))
    if not set(flood.answers) & {"429", "503"}:
        found.append(Difference("answer", "nothing was sent away: this was no overload"))
    return found
