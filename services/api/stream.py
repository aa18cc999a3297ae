"""The live stream: one look at the watermark for all screens, and one message when anything moved."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from services.api import queries
from services.api.clock import Clock, local_day
from services.api.metrics import ApiMetrics
from services.api.problems import ProblemError
from services.api.queries import Reader
from shared.errors import RetryableError
from shared.logs import get_logger

POLL_SECONDS = 0.4
"""Below half a second, so that poll and page together stay within the second that a figure may take to show."""

HEARTBEAT_SECONDS = 2.0
"""A page says "disconnected" after 8 s of silence; three heartbeats may be lost before it does."""

log = get_logger(__name__)


class LiveFeed:
    """Polls while at least one screen is open; every screen gets `moved` when the pulse changed, else `heartbeat`."""

    def __init__(self, reader: Reader, clock: Clock, metrics: ApiMetrics, limit: int) -> None:
        self._reader, self._clock, self._metrics, self._limit = reader, clock, metrics, limit
        self._pulse: dict[str, Any] | None = None
        self._reachable = True
        self._turn = asyncio.Condition()
        self._clients = 0
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def client(self) -> AsyncIterator[None]:
        """Counts one open stream. Raises `ProblemError` when there are too many."""
        if self._clients >= self._limit:
            raise ProblemError("too_many_streams", {"Retry-After": "10"})
        self._clients += 1
        self._metrics.streams.set(self._clients)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            self._clients -= 1
            self._metrics.streams.set(self._clients)

    async def messages(self) -> AsyncIterator[dict[str, str]]:
        """Server-sent events without end; the first is `moved`, so that a screen that reconnects catches up."""
        seen: object = object()
        while True:
            pulse, event = self._pulse, "moved"
            if pulse is None or pulse == seen:
                pulse = await self._next(seen)
                event = "heartbeat" if pulse is None or pulse == seen else "moved"
            if event == "moved":
                seen = pulse
            yield {"event": event, "data": self._describe(pulse)}

    async def close(self) -> None:
        """Ends the poll."""
        if self._task is not None:
            self._task.cancel()

    async def _next(self, seen: object) -> dict[str, Any] | None:
        # Not `asyncio.wait_for`: before Python 3.12 it swallows a cancellation that comes together with the pulse.
        with suppress(TimeoutError):
            async with asyncio.timeout(HEARTBEAT_SECONDS), self._turn:
                await self._turn.wait_for(lambda: self._pulse is not None and self._pulse != seen)
        return self._pulse

    async def _watch(self) -> None:
        while self._clients:
            await self._look()
            await asyncio.sleep(POLL_SECONDS)
        self._pulse = None

    async def _look(self) -> None:
        try:
            pulse = await queries.pulse(self._reader)
        except RetryableError:
            self._metrics.polls.labels("engine_away").inc()
            self._reachable = False
            return
        self._metrics.polls.labels("read").inc()
        self._reachable = True
        received = [mark[2] for mark in pulse["watermark"]]
        if received:
            self._metrics.watermark.set(max(received).timestamp())
        async with self._turn:
            self._pulse = pulse | {"as_of": local_day(self._clock())}
            self._turn.notify_all()

    def _describe(self, pulse: dict[str, Any] | None) -> str:
        marks = pulse["watermark"] if pulse else []
        now = self._clock()
        return json.dumps(
            {
                "now": now.isoformat(),
                "as_of": local_day(now).isoformat(),
                "engine": "reachable" if self._reachable else "away",
                "received": max(mark[2] for mark in marks).isoformat() if marks else None,
                "watermark": [{"partition": p, "offset": o, "received": r.isoformat()} for p, o, r in marks],
            }
        )
