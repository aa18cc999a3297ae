"""Waiting for a condition with a deadline: the only waiting that tests do."""

import asyncio
import time
from collections.abc import Awaitable, Callable

POLL_SECONDS = 0.05


def wait_until(condition: Callable[[], bool], *, deadline_seconds: float, what: str) -> None:
    """Returns once `condition()` is true; `AssertionError` naming `what` when the deadline passes first."""
    end = time.monotonic() + deadline_seconds
    while not condition():
        _refuse_past(end, deadline_seconds, what)
        time.sleep(POLL_SECONDS)


async def eventually(condition: Callable[[], Awaitable[bool]], *, deadline_seconds: float, what: str) -> None:
    """The same for an asynchronous condition."""
    end = time.monotonic() + deadline_seconds
    while not await condition():
        _refuse_past(end, deadline_seconds, what)
        await asyncio.sleep(POLL_SECONDS)


def _refuse_past(end: float, deadline_seconds: float, what: str) -> None:
    if time.monotonic() > end:
        message = f"{what}: not within {deadline_seconds} s"
        raise AssertionError(message)
