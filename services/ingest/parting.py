"""Refuses a request whose body was not read, in such a way that its sender sees the answer.

Most clients look for it only when they have sent everything. When the connection is closed under them they see a broken
pipe in its place: measured on Linux, httpx (async) from 1 MB on and http.client from 5 MB on. So the answer goes first,
and what still comes is dropped, in bounds: 1 to 2 ms of CPU for each MB, where checking it takes 50.
"""

import asyncio
import contextlib
from collections.abc import Mapping

from starlette.types import Send

from services.ingest.answers import Answer
from services.ingest.intake import Body
from services.ingest.problems import Refused

SMALL_BYTES = 65_536
"""The server holds as much without being asked. Such a body is dropped before the answer, and the connection is kept:
to close it would cost both sides more."""

SMALL_SECONDS = 0.5
"""Who needs longer to send so little is not waited for."""

LINGER_SECONDS = 5.0
"""For a larger body, after its answer: 5 MB at 8 Mbit/s."""

MAX_LINGERING = 64
"""Senders whose rest is dropped at the same time; each may hold 64 KB that nobody has read. The connection of the next
one is closed with the answer, and it may see that only."""


class Parting:
    """What is still dropped, of all who are refused."""

    def __init__(self, limit: int) -> None:
        """`limit`: bytes that are dropped at most of one body; what is larger would be refused for that."""
        self._limit = limit
        self._lingering = 0

    async def refuse(self, found: Answer, headers: Mapping[str, str], body: Body, send: Send) -> None:
        """Answers; the connection ends (RFC 9112, 9.6) unless the body is whole or small."""
        if _small(headers):
            await self._drop(body, SMALL_SECONDS)
        if body.ended:
            await send_answer(found, send)
            return
        await send_answer(found._replace(headers=(*found.headers, (b"connection", b"close"))), send, ends=False)
        await self._drop(body, LINGER_SECONDS)
        await send({"type": "http.response.body", "body": b""})

    async def _drop(self, body: Body, seconds: float) -> None:
        if self._lingering >= MAX_LINGERING:
            return
        self._lingering += 1
        left = self._limit
        try:
            with contextlib.suppress(TimeoutError, Refused):
                async with asyncio.timeout(seconds):
                    while left > 0 and (part := await body.chunk()) is not None:
                        left -= len(part)
        finally:
            self._lingering -= 1


def _small(headers: Mapping[str, str]) -> bool:
    """Who asks whether to send it (`Expect`) may not; who declares no length may go on for ever."""
    declared_bytes = int(headers.get("content-length", "0"))
    return declared_bytes <= SMALL_BYTES and "expect" not in headers and "transfer-encoding" not in headers


async def send_answer(found: Answer, send: Send, *, ends: bool = True) -> None:
    """As one ASGI response; with `ends` false the server waits for a last, empty part of it."""
    headers = [
        (b"content-type", found.media_type.encode()),
        (b"content-length", str(len(found.body)).encode()),
        (b"cache-control", b"no-store"),
        *found.headers,
    ]
    await send({"type": "http.response.start", "status": found.status, "headers": headers})
    await send({"type": "http.response.body", "body": found.body, "more_body": not ends})
