"""A sign of life to a dead man's switch outside: it stops when evaluations stop, and then that one tells people."""

import asyncio

import httpx

from services.alerts.metrics import HEARTBEATS
from shared.logs import get_logger

TIMEOUT_SECONDS = 10.0
"""Far below the interval: a switch that hangs costs one beat."""

log = get_logger(__name__)


async def beat_for_ever(url: str, every_seconds: float, evaluated: asyncio.Event) -> None:
    """POSTs after an evaluation that succeeded, at most once per interval; without evaluations it is silent."""
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client:
        while True:
            evaluated.clear()
            await evaluated.wait()
            outcome = await _beat(client, url)
            HEARTBEATS.labels(outcome).inc()
            await asyncio.sleep(every_seconds)


async def _beat(client: httpx.AsyncClient, url: str) -> str:
    """The address may hold a secret, so it is never logged."""
    try:
        response = await client.post(url)
    except httpx.HTTPError as error:
        log.warning("heartbeat_failed", cause=type(error).__name__)
        return "failed"
    if not response.is_success:
        log.warning("heartbeat_failed", cause=f"HTTP {response.status_code}")
        return "failed"
    return "sent"
