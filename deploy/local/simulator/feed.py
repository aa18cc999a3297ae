"""From deliveries by day to batches by system, at a rate."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator

from deploy.local.simulator.outbox import Delivery
from deploy.local.simulator.sender import Batch

NO_LIMIT = 0.0


class Pacer:
    """Holds events back to a rate, counted from the first."""

    def __init__(self, events_per_second: float) -> None:
        """`NO_LIMIT`: as fast as ingest takes them."""
        self._rate, self._sent, self._start = events_per_second, 0, 0.0

    async def pass_on(self, events: int) -> None:
        """Returns when so many more events may go."""
        if self._rate == NO_LIMIT:
            return
        if not self._sent:
            self._start = time.monotonic()
        ahead = self._sent / self._rate - (time.monotonic() - self._start)
        self._sent += events
        if ahead > 0:
            await asyncio.sleep(ahead)


async def batches_of(
    days: Iterator[list[Delivery]], size: int, pacer: Pacer, on_day: Callable[[int], None]
) -> AsyncIterator[Batch]:
    """Batches of at most `size` events of one system each, in order of delivery within a system.

    The next day is made in a thread while this one is sent. `on_day` gets the number of deliveries of each day.
    A system with few events waits for a full batch; the rest goes at the end.
    """
    waiting: defaultdict[str, list[str]] = defaultdict(list)
    coming = asyncio.create_task(asyncio.to_thread(next, days, None))
    while (day := await coming) is not None:
        coming = asyncio.create_task(asyncio.to_thread(next, days, None))
        for _, source, text in day:
            events = waiting[source]
            events.append(text)
            if len(events) == size:
                await pacer.pass_on(size)
                yield source, waiting.pop(source)
        on_day(len(day))
    for source, events in waiting.items():
        await pacer.pass_on(len(events))
        yield source, events
