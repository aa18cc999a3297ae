"""Delivers what is recorded, one queue per receiver, so that a failing receiver never delays another."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from services.alerts.channels import Channel, DeliveryFailed
from services.alerts.metrics import DELIVERIES
from services.alerts.store import AlertStore, DeliveryStep, Notification

RETRY_SECONDS = (1, 2, 5, 15, 30, 60, 120, 300, 600, 1800, 3600)
"""Waits between attempts, the last one repeated: a receiver that is away for a day still gets everything."""

MAX_ATTEMPTS = 40
"""Then the delivery is given up: about a day and a half after the first attempt."""

log = structlog.get_logger()


class DeliveryQueue:
    """Claims, delivers and logs the notifications of one receiver, in order."""

    def __init__(self, channel: Channel, store: AlertStore, clock: Callable[[], datetime]) -> None:
        self._channel = channel
        self._store = store
        self._clock = clock
        self._waiting: asyncio.Queue[Notification] = asyncio.Queue()

    async def refill(self) -> None:
        """Take up what an earlier owner recorded and did not deliver."""
        for notification in await asyncio.to_thread(self._store.undelivered, self._channel.name):
            self._waiting.put_nowait(notification)

    def put(self, notification: Notification) -> None:
        """Queue a recorded transition."""
        self._waiting.put_nowait(notification)

    async def run(self) -> None:
        """Deliver for ever; cancelled when ownership is lost."""
        while True:
            await self._deliver(await self._waiting.get())

    async def _deliver(self, notification: Notification) -> None:
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                await self._channel.deliver(notification, self._clock())
            except DeliveryFailed as failed:
                await self._log(notification, "failed", attempt, failed.detail)
                if failed.permanent:
                    break
                await asyncio.sleep(failed.retry_after_seconds or wait_seconds(attempt))
            else:
                return await self._log(notification, "delivered", attempt)
        await self._log(notification, "given_up", MAX_ATTEMPTS + 1)

    async def _log(self, notification: Notification, state: str, attempt: int, detail: str = "") -> None:
        DELIVERIES.labels(self._channel.name, state).inc()
        log.info("delivery", id=notification.id, receiver=self._channel.name, state=state, attempt=attempt, detail=detail)
        step = DeliveryStep(notification, self._channel.name, state, attempt, self._clock(), detail)
        await asyncio.to_thread(self._store.log_delivery, step)


def wait_seconds(attempt: int) -> float:
    """Seconds to wait after the given failed attempt (1 is the first)."""
    return RETRY_SECONDS[min(attempt, len(RETRY_SECONDS)) - 1]
