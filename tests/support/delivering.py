"""Queues that run while a test looks at what they log."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from services.alerts.channels import Channel
from services.alerts.channels.http import Network
from services.alerts.channels.webhook import WebhookChannel, WebhookOptions
from services.alerts.delivery import DeliveryQueue, Timing
from services.alerts.delivery_log import DeliveryLog
from services.alerts.grouping import Pace
from services.alerts.store import AT_ONCE
from tests.support.alert_store import MemoryAlertStore
from tests.support.waiting import eventually

SECRET = "whsec_" + b64encode(b"a secret of the test, 24+").decode()
OLD_SECRET = "whsec_" + b64encode(b"an older secret of the test").decode()


def webhook(folder: Path, name: str, url: str, *, network: Network | None = None, **options: Any) -> WebhookChannel:
    """A channel to a receiver on this machine; both secrets sign."""
    secrets = []
    for number, secret in enumerate((SECRET, OLD_SECRET)):
        file = folder / f"{name}.{number}.secret"
        file.write_text(secret + "\n")
        secrets.append(file)
    given = {"kind": "webhook", "url": url, "secret_files": secrets, "allow_private": True, **options}
    return WebhookChannel(name, WebhookOptions.model_validate(given), network or Network())


def pace_of(channel: Channel) -> Pace:
    """As its options say, where it has some."""
    options = getattr(channel, "options", None)
    return options.pace if options else Pace()


@asynccontextmanager
async def delivering(
    store: MemoryAlertStore, channels: list[Channel], timing: Timing, at_most: int = AT_ONCE
) -> AsyncIterator[list[DeliveryQueue]]:
    """A running queue for each channel; ended with its channel."""
    steps = DeliveryLog(store)
    queues = [DeliveryQueue(channel, pace_of(channel), steps, timing, at_most) for channel in channels]
    tasks = [asyncio.create_task(work) for work in (steps.run(), *(queue.run() for queue in queues))]
    try:
        yield queues
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(channel.close() for channel in channels))


def states(store: MemoryAlertStore, receiver: str) -> list[str]:
    """What was logged for a receiver, in order."""
    return [step.state for step in store.steps if step.receiver == receiver]


async def reach(store: MemoryAlertStore, receiver: str, state: str, count: int = 1) -> None:
    """Until that was logged so often."""
    await until(lambda: states(store, receiver).count(state) >= count, f"{count} × {state} at {receiver}")


async def until(condition: Callable[[], bool], what: str) -> None:
    """Until the condition holds, looked at between the turns of the event loop."""

    async def holds() -> bool:
        return condition()

    await eventually(holds, deadline_seconds=30, what=what)
