"""Writes down what became of deliveries: many steps with one insert, so that no receiver waits for the table."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from services.alerts.store import AlertStore, DeliveryStep, Notification

MESSAGES_AT_ONCE = 200
"""So many messages wait for the next insert; then deliveries wait, too."""

PAUSE_SECONDS = 0.25
"""Between two inserts: a backlog of hundreds goes out in seconds and costs the engine four inserts in each of them."""

LAST_WRITE_SECONDS = 2.0
"""An owner that leaves waits no longer for an engine that hangs."""


class DeliveryLog:
    """Steps of all receivers. What is not written when the process dies is delivered again, with the same id."""

    def __init__(self, store: AlertStore) -> None:
        self._store = store
        self._messages: asyncio.Queue[Sequence[DeliveryStep]] = asyncio.Queue(MESSAGES_AT_ONCE)

    async def add(self, steps: Sequence[DeliveryStep]) -> None:
        """The steps of one message, which are written with one insert."""
        await self._messages.put(steps)

    async def undelivered(self, receiver: str, at_most: int) -> list[Notification]:
        """The gravest that are recorded and not delivered, once everything that was added is written."""
        await self._messages.join()
        return await asyncio.to_thread(self._store.undelivered, receiver, at_most)

    async def run(self) -> None:
        """Write for ever. Leaves with the store's error; when cancelled, it writes what is left."""
        try:
            while True:
                messages = [await self._messages.get(), *self._taken()]
                await asyncio.to_thread(self._store.log_delivery, [step for steps in messages for step in steps])
                for _ in messages:
                    self._messages.task_done()
                await asyncio.sleep(PAUSE_SECONDS)
        except asyncio.CancelledError:
            await self._write_last([step for steps in self._taken() for step in steps])
            raise

    async def _write_last(self, steps: Sequence[DeliveryStep]) -> None:
        """So that a restart repeats nothing to people."""
        if steps:
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_WRITE_SECONDS):
                    await asyncio.to_thread(self._store.log_delivery, steps)

    def _taken(self) -> list[Sequence[DeliveryStep]]:
        return [self._messages.get_nowait() for _ in range(self._messages.qsize())]
