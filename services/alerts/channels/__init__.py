"""Channels: one file each, all with the same `deliver` contract, and one line here to name them."""

from datetime import datetime
from typing import Protocol

from services.alerts.store import Notification


class DeliveryError(Exception):
    """The receiver did not take it. `permanent` means that trying again is pointless."""

    def __init__(self, detail: str, permanent: bool = False, retry_after_seconds: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.permanent = permanent
        self.retry_after_seconds = retry_after_seconds


class Channel(Protocol):
    """A way to a receiver. `deliver` returns when the receiver took it and raises `DeliveryError` otherwise."""

    name: str

    async def deliver(self, notification: Notification, now: datetime) -> None: ...
    async def close(self) -> None: ...
