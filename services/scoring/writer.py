"""Lets the lanes of a worker write together: an insert costs the engine almost the same for one block or for four."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import NamedTuple

from services.scoring.sharing import ALONE, fullness, together
from services.scoring.sink import Output, Sink, StoppedError, write_together
from shared.logs import get_logger

log = get_logger(__name__)


class Written(NamedTuple):
    """When a write began and ended, by the monotonic clock; lanes that shared an insert rest equally long after it."""

    began: float
    ended: float


@dataclass(eq=False)
class _Waiting:
    sink: Sink
    output: Output
    share: float
    tried: asyncio.Future[tuple[Written, bool]]
    """When its insert was tried, and whether it is known to have come through."""


class Writer:
    """Shared by the lanes of a worker; used on the event loop only.

    While one insert runs, what is folded gathers for the next. That one begins when all lanes have folded that were at
    it when the first block came. So lanes that are ripe together write together, and none waits for one that has none.
    """

    def __init__(self, max_bytes: int, max_rows: int) -> None:
        self._max_bytes = max_bytes
        self._max_rows = max_rows
        self._departing = asyncio.Event()
        self._folding: set[int] = set()
        self._awaited: set[int] = set()
        self._waiting: list[_Waiting] = []
        self._running: asyncio.Task[None] | None = None

    async def departure(self, at: float) -> None:
        """Returns at a moment of the monotonic clock, or earlier when another lane departs: the insert is paid for."""
        departing = self._departing
        with suppress(TimeoutError):
            async with asyncio.timeout(at - time.monotonic()):
                await departing.wait()
        if self._departing is departing:
            departing.set()
            self._departing = asyncio.Event()

    @contextmanager
    def folding(self, partition: int) -> Iterator[None]:
        """While the lane has taken records and its block is not folded yet."""
        self._folding.add(partition)
        try:
            yield
        finally:
            self._folding.discard(partition)
            self._awaited.discard(partition)
            self._look()

    async def write(self, sink: Sink, output: Output, size_bytes: int) -> Written:
        """Returns when both tables hold the block. Raises what `Sink.write` raises, for this block alone.

        `size_bytes`: of the envelopes of its records.
        """
        rows = max(len(output.events), len(output.ledger))
        share = fullness(size_bytes, rows, self._max_bytes, self._max_rows)
        doubtful = share <= ALONE
        if doubtful:
            written, known = await self._shared(sink, output, share)
            if known:
                return written
        began = time.monotonic()
        await asyncio.to_thread(sink.write, output, doubtful=doubtful)
        return Written(began, time.monotonic())

    def drop(self, sink: Sink) -> None:
        """The sink is stopped: its block is not written when it still waits."""
        for one in self._waiting:
            if one.sink is sink and not one.tried.done():
                one.tried.set_exception(StoppedError())

    async def _shared(self, sink: Sink, output: Output, share: float) -> tuple[Written, bool]:
        if sink.stopped:
            raise StoppedError
        if not self._waiting and self._running is None:
            self._awaited = set(self._folding)
        one = _Waiting(sink, output, share, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        self._look()
        return await one.tried

    def _look(self) -> None:
        """Not at once: a lane that has folded hands its block over before the loop goes on."""
        asyncio.get_running_loop().call_soon(self._begin)

    def _begin(self) -> None:
        self._waiting = [one for one in self._waiting if not one.tried.done()]
        if self._waiting and self._running is None and not self._awaited:
            count = together([one.share for one in self._waiting])
            group, self._waiting = self._waiting[:count], self._waiting[count:]
            self._running = asyncio.create_task(self._write(group))

    async def _write(self, group: list[_Waiting]) -> None:
        began = time.monotonic()
        try:
            await asyncio.to_thread(write_together, [(one.sink, one.output) for one in group])
            known = True
        except Exception as error:  # noqa: BLE001 - one lane's failure is no other's: each goes on by itself
            partitions = [one.sink.partition for one in group]
            log.warning("shared_insert_failed", partitions=partitions, cause=type(error).__name__)
            known = False
        written = Written(began, time.monotonic())
        for one in group:
            if not one.tried.done():
                one.tried.set_result((written, known))
        self._running = None
        self._awaited = set(self._folding)
        self._look()
