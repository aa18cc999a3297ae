"""The life of one assigned partition: take it over, restore its store, then block after block, in the order of steps.

1 `events` table, 2 `ledger`, 3 `changes` acknowledged, 4 store with its offset, 5 Kafka's committed offset.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from clickhouse_connect.driver.client import Client

from services.scoring.announce import Announcer
from services.scoring.blocks import Folder
from services.scoring.buffer import Buffer, LogRecord, Verdict
from services.scoring.engine import seed
from services.scoring.facts import Facts
from services.scoring.folders import StoreFolder
from services.scoring.log_reader import LogReader
from services.scoring.marks import NOTHING
from services.scoring.metrics import BLOCKS, EVENTS, STAGE_SECONDS
from services.scoring.pacing import Pacing
from services.scoring.restore import SEED_OFFSET, Identity, Restore, open_store
from services.scoring.settings import ScoringSettings
from services.scoring.sink import Output, Sink, StoppedError
from services.scoring.store import Store, StoreDamagedError, discard
from services.scoring.tables import Tables
from services.scoring.writer import Writer
from shared.logs import get_logger

CLOSE_SECONDS = 30
"""A running insert is awaited this long; after it the worker exits, and the fence protects the rows."""

log = get_logger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class Wiring:
    """What all lanes of a worker share."""

    settings: ScoringSettings
    client: Client
    tables: Tables
    facts: Facts
    identity: Identity
    folder: Folder
    writer: Writer
    announcer: Announcer
    reader: LogReader
    processing: ThreadPoolExecutor
    """One thread: folding and store are never used by two, and the event loop stays free for heartbeats."""


class Lane:
    """One partition. `offer` takes records from the stream; `run` ends when `close` is called, else raises."""

    def __init__(self, wiring: Wiring, partition: int) -> None:
        self.partition = partition
        self.ready = asyncio.Event()
        """Taken over and restored: `wanted` is known and records are processed."""
        self._w = wiring
        self._sink = Sink(wiring.client, wiring.tables, partition)
        self._buffer = Buffer()
        self._restore = Restore(wiring.reader, wiring.folder, wiring.facts, wiring.identity, wiring.settings.partitions)
        self._next_offset = NOTHING
        self._arrived = asyncio.Event()
        self._drained = asyncio.Event()
        self._pacing = Pacing(wiring.settings.scoring_linger_seconds)
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    @property
    def position(self) -> int:
        """The last offset that is processed; while restoring, the last that the store holds."""
        return self._next_offset - 1 if self.ready.is_set() else self._restore.position

    @property
    def wanted(self) -> int:
        """The offset that must be offered next; once `ready`."""
        return self._buffer.wanted or 0

    @property
    def starving(self) -> bool:
        """Ready, and waiting for a record to arrive."""
        return self.ready.is_set() and not self._arrived.is_set()

    @property
    def oldest_waiting(self) -> int | None:
        """Broker's timestamp (ms) of the oldest record that waits."""
        return self._buffer.first_timestamp

    @property
    def waiting_bytes(self) -> int:
        """Envelope bytes of the records that wait."""
        return self._buffer.waiting_bytes

    def start(self, failed: Callable[[int, BaseException], None]) -> None:
        """Runs in the background; `failed(partition, error)` is called when it ends by an error."""

        def ended(task: asyncio.Task[None]) -> None:
            error = asyncio.CancelledError() if task.cancelled() else task.exception()
            if error is not None and not isinstance(error, StoppedError):
                failed(self.partition, error)

        self._task = asyncio.create_task(self._run(), name=f"lane-{self.partition}")
        self._task.add_done_callback(ended)

    def offer(self, record: LogRecord) -> Verdict:
        """Keeps, drops (and acknowledges) or refuses a record; never blocks."""
        if self._closing:
            return Verdict.OLD
        if not self.ready.is_set() and self._full():
            return Verdict.FULL
        if not len(self._buffer):
            self._pacing.oldest_at = time.monotonic()
        verdict = self._buffer.offer(record)
        if verdict is Verdict.KEPT:
            self._arrived.set()
        elif verdict is Verdict.OLD:
            _acknowledge([record])
        return verdict

    async def room(self) -> None:
        """Returns when the buffer has room, or the lane cannot use it: it restores, or it closes."""
        while self.ready.is_set() and not self._closing and self._full():
            self._drained.clear()
            await self._drained.wait()

    def _full(self) -> bool:
        return self._buffer.waiting_bytes > self._w.settings.scoring_buffer_bytes

    async def close(self) -> None:
        """Drops what waits, awaits the running block, releases the store. Raises `TimeoutError`."""
        self._closing = True
        self._sink.stop()
        self._w.writer.drop(self._sink)
        self._arrived.set()
        self._drained.set()
        if self._task is not None:
            done, _ = await asyncio.wait([self._task], timeout=CLOSE_SECONDS)
            if not done:
                raise TimeoutError(f"partition {self.partition} does not close")

    async def _run(self) -> None:
        marks = await asyncio.to_thread(self._sink.take_over)
        log.info("taken_over", partition=self.partition, events_mark=marks.events, ledger_mark=marks.ledger)
        if min(marks.events, marks.ledger) == NOTHING:
            await self._seed()
        folder = StoreFolder(self._w.settings.data / f"scoring-{self._w.tables.version}", self.partition)
        try:
            mark = self._sink.marks.ledger
            store = await self._processing(
                partial(open_store, folder, self._w.settings.scoring_store_bytes, self._w.identity, mark)
            )
            try:
                await self._restored(store, mark)
                folder.committed()
                while records := await self._next():
                    await self._write(store, records)
            except StoreDamagedError:
                # The next start refills it; keeping it would end every start at the same page.
                store.close()
                discard(folder.path)
                raise
            finally:
                store.close()
        finally:
            folder.release()

    async def _seed(self) -> None:
        block = seed(self._w.facts, self.partition, self._w.settings.partitions)
        output = Output(block.events, block.ledger, SEED_OFFSET, int(time.time() * 1000))
        await asyncio.to_thread(self._sink.write, output)

    async def _restored(self, store: Store, mark: int) -> None:
        cells = await self._restore.fill(store, self.partition, mark, self._processing)
        await self._w.announcer.changed(self.partition, mark, cells)
        self._next_offset = mark + 1
        _acknowledge(self._buffer.expect(self._next_offset))
        self.ready.set()
        log.info("ready", partition=self.partition, next_offset=self._next_offset)

    async def _next(self) -> list[LogRecord]:
        """The records of the next block; empty when the lane closes."""
        settings = self._w.settings
        while not self._closing and not len(self._buffer):
            self._arrived.clear()
            await self._arrived.wait()
        if not self._closing and self._buffer.waiting_bytes < settings.scoring_block_bytes:
            await self._w.writer.departure(self._pacing.ripe_at())
        if self._closing:
            return []
        taken = self._buffer.take(settings.scoring_block_bytes, self._sink.marks.boundary(self._next_offset))
        self._drained.set()
        return taken

    async def _write(self, store: Store, records: list[LogRecord]) -> None:
        partition, taken_at = self.partition, time.monotonic()
        with STAGE_SECONDS.labels("fold").time(), self._w.writer.folding(partition):
            folded = await self._processing(partial(self._w.folder.fold, store, records))
        self._buffer.give_back(records[folded.taken :])
        self._pacing.oldest_at = taken_at
        for poison in folded.poison:
            await self._w.announcer.dead_letter(poison)
        size_bytes = sum(len(record.value) for record in records[: folded.taken])
        with STAGE_SECONDS.labels("write").time():
            written = await self._w.writer.write(self._sink, folded.output, size_bytes)
        self._pacing.wrote(written.began, written.ended)
        last = folded.output.last_offset
        with STAGE_SECONDS.labels("announce").time():
            await self._w.announcer.changed(partition, last, folded.cells)
        with STAGE_SECONDS.labels("store").time():
            await self._processing(partial(store.commit, folded.records, self._w.identity.at(last)))
        self._next_offset = last + 1
        _acknowledge(records[: folded.taken])
        EVENTS.labels(partition).inc(folded.events)
        BLOCKS.labels(partition).inc()

    async def _processing(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._w.processing, function)


def _acknowledge(records: list[LogRecord]) -> None:
    for record in records:
        if record.handle is not None:
            record.handle.ack()
