"""Everything that watches a running worker: its progress, its version, and the event loop that both of these need."""

import asyncio
import faulthandler
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from services.scoring.lane import Wiring
from services.scoring.versions import watch_active
from services.scoring.watchdog import watch
from services.scoring.worker import Worker

TICK_SECONDS = 1.0

GIL_GRACE_SECONDS = 10.0
"""A call that never gives the interpreter back (a runaway regular expression) also stops the thread that would tell;
this much later faulthandler, which needs no interpreter, ends the process and leaves the stacks as its last lines."""


@asynccontextmanager
async def watched(worker: Worker, wiring: Wiring, leave: Callable[[str], None]) -> AsyncIterator[None]:
    """While it is open, a worker that is stuck, blocked or of a replaced version fails or leaves with its reason."""
    settings = wiring.settings
    guard = LoopGuard(settings.scoring_stuck_seconds, worker.positions, leave)
    tasks = [
        asyncio.create_task(guard.beat()),
        asyncio.create_task(watch(worker, wiring.reader, settings.scoring_stuck_seconds)),
        asyncio.create_task(
            watch_active(wiring.client, settings.clickhouse_database, settings.scoring_version, worker.fail)
        ),
    ]
    guard.start()
    try:
        yield
    finally:
        guard.stop()
        for task in tasks:
            task.cancel()


class LoopGuard:
    """A thread that ends the process when the event loop gives no sign of life for too long.

    It counts its own ticks and asks no clock: a process that was frozen as a whole has missed none of them.
    """

    def __init__(self, stuck_seconds: float, positions: Callable[[], str], leave: Callable[[str], None]) -> None:
        self._stuck_seconds = stuck_seconds
        self._positions = positions
        self._leave = leave
        self._beats = 0
        self._ended = threading.Event()

    async def beat(self) -> None:
        """The sign of life; runs until cancelled."""
        while True:
            self._beats += 1
            await asyncio.sleep(TICK_SECONDS / 2)

    def start(self) -> None:
        """Begins to watch, before the first record can reach a reading: a call that keeps the interpreter lets no
        later step begin."""
        self._arm()
        threading.Thread(target=self._watch, name="loop-guard", daemon=True).start()

    def stop(self) -> None:
        """Nothing is watched any more; the process may take its time to end."""
        self._ended.set()
        faulthandler.cancel_dump_traceback_later()

    def _arm(self) -> None:
        faulthandler.dump_traceback_later(self._stuck_seconds + GIL_GRACE_SECONDS, exit=True)

    def _watch(self) -> None:
        seen, silent_seconds = -1, 0.0
        while not self._ended.wait(TICK_SECONDS):
            self._arm()
            silent_seconds = 0.0 if self._beats != seen else silent_seconds + TICK_SECONDS
            seen = self._beats
            if silent_seconds > self._stuck_seconds:
                self._leave(f"the event loop is blocked for {silent_seconds:.0f} s: {self._positions()}")
        faulthandler.cancel_dump_traceback_later()
