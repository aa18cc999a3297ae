"""Delivers what is recorded, one queue per receiver, so that a failing receiver never delays another."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from services.alerts.channels import Channel, DeliveryError
from services.alerts.metrics import DELIVERIES
from services.alerts.store import AlertStore, DeliveryStep, Notification, StepState
from shared.logs import get_logger

RETRY_SECONDS = (1, 2, 5, 15, 30, 60, 120, 300, 600, 1800, 3600)
"""Waits between attempts, the last one repeated: a receiver that is away for a day still gets everything."""

MAX_ATTEMPTS = 40
"""Then the delivery is given up: about a day and a half after the first attempt."""

log = get_logger(__name__)


class DeliveryQueue:
    """Claims, delivers and logs the notifications of one receiver, in order."""

    def __init__(self, channel: Channel, store: AlertStore, clock: Callable[[], datetime]) -> None:
        self._channel = channel
        self._store = store
        self._clock = clock
        self._waiting: asyncio.Queue[Notification] = asyncio.Queue()

    async def refill(self) -> None:
        """Take up what an earlier owner recorded and did not deliver."""
        self.put(await asyncio.to_thread(self._store.undelivered, self._channel.name))

    def put(self, notifications: Sequence[Notification]) -> None:
        """Queue those of the recorded changes that go to this receiver."""
        for notification in notifications:
            if self._channel.name in notification.receivers:
                self._waiting.put_nowait(notification)

    async def run(self) -> None:
        """Deliver for ever; cancelled when ownership is lost."""
        while True:
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

    async def _log(self, notification: Notification, state: StepState, attempt: int, detail: str = "") -> None:
        DELIVERIES.labels(self._channel.name, state).inc()
        log.info(
            "delivery", id=notification.id, receiver=self._channel.name, state=state, attempt=attempt, detail=detail
        )
        step = DeliveryStep(notification, self._channel.name, state, attempt, self._clock(), detail)
        await asyncio.to_thread(self._store.log_delivery, [step])


def wait_seconds(attempt: int) -> float:
    """Seconds to wait after the given failed attempt (1 is the first)."""
    return RETRY_SECONDS[min(attempt, len(RETRY_SECONDS)) - 1]
