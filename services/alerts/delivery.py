"""Delivers what is recorded, one queue per receiver, so that a failing receiver never delays another.

A queue is bounded: what finds no place in it is in the table, and is read from there when the queue is empty.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from services.alerts.channels import Channel, DeliveryError
from services.alerts.metrics import DELIVERIES, WAITING
from services.alerts.store import AT_ONCE, AlertStore, DeliveryStep, Notification
from shared.logs import get_logger

RETRY_SECONDS = (1, 2, 5, 15, 30, 60, 120, 300, 600, 1800, 3600)
"""Waits between attempts, the last one repeated: a receiver that is away for a day still gets everything."""

MAX_ATTEMPTS = 40
"""Then the delivery is given up: about a day and a half after the first attempt."""

log = get_logger(__name__)


class DeliveryQueue:
    """Claims, delivers and logs the notifications of one receiver, in order."""

    def __init__(
        self, channel: Channel, store: AlertStore, clock: Callable[[], datetime], max_waiting: int = AT_ONCE
    ) -> None:
        self._channel = channel
        self._store = store
        self._clock = clock
        self._max_waiting = max_waiting
        self._waiting: asyncio.Queue[Notification] = asyncio.Queue(max_waiting)
        self._left_out = 0
        self._behind = False
        """The table holds more than the queue: nothing is put behind it before that is read."""
        WAITING.labels(channel.name).set_function(self._waiting.qsize)

    async def refill(self) -> None:
        """Take up the oldest that are recorded and not delivered; the queue is empty."""
        left_out = self._left_out
        found = await asyncio.to_thread(self._store.undelivered, self._channel.name, self._max_waiting)
        # What was put meanwhile may be among them or not: the table will tell.
        self._behind = self._left_out > left_out or len(found) == self._max_waiting
        for notification in found:
            self._waiting.put_nowait(notification)

    def put(self, notifications: Sequence[Notification]) -> None:
        """Queue recorded transitions."""
        for notification in notifications:
            if self._behind or self._waiting.full():
                self._behind = True
                self._left_out += 1
            else:
                self._waiting.put_nowait(notification)

    async def run(self) -> None:
        """Deliver for ever; cancelled when ownership is lost."""
        while True:
            while self._behind and self._waiting.empty():
                await self.refill()
            await self._deliver(await self._waiting.get())

    async def _deliver(self, notification: Notification) -> None:
        attempt = 1
        while not await self._attempt(notification, attempt):
            attempt += 1

    async def _attempt(self, notification: Notification, attempt: int) -> bool:
        """True when there is nothing left to do: delivered, or given up."""
        try:
            await self._channel.deliver(notification, self._clock())
        except DeliveryError as error:
            final = error.permanent or attempt >= MAX_ATTEMPTS
            await self._log(notification, "given_up" if final else "failed", attempt, error.detail)
            if not final:
                await asyncio.sleep(error.retry_after_seconds or wait_seconds(attempt))
            return final
        await self._log(notification, "delivered", attempt)
        return True

    async def _log(self, notification: Notification, state: str, attempt: int, detail: str = "") -> None:
        DELIVERIES.labels(self._channel.name, state).inc()
        log.info(
            "delivery", id=notification.id, receiver=self._channel.name, state=state, attempt=attempt, detail=detail
        )
        step = DeliveryStep(notification, self._channel.name, state, attempt, self._clock(), detail)
        await asyncio.to_thread(self._store.log_delivery, step)


def wait_seconds(attempt: int) -> float:
    """Seconds to wait after the given failed attempt (1 is the first)."""
    return RETRY_SECONDS[min(attempt, len(RETRY_SECONDS)) - 1]
