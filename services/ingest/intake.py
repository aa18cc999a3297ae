"""Takes a body in without letting callers fill the memory: bounded in total and for each key."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from services.ingest.bodies import inflate
from services.ingest.problems import Problem, Refused
from services.ingest.settings import IngestSettings

Receive = Callable[[], Any]

DRAIN_BYTES = 32_000_000
"""A caller that is being refused often still sends; reading this much lets it see the answer, not a broken pipe."""

DRAIN_SECONDS = 5.0

MAX_DRAINING = 128
"""Each may hold 64 KB that it has sent and nobody has read: 8 MB. Above it the answer comes first, and the server drops
what still arrives."""

INFLATE_IN_LOOP_BYTES = 16_384
"""A thread costs 0.1 ms; a body of this size can inflate to its limit and hold every other request up for 30 ms."""


class Body:
    """The incoming body of one request; knows whether its end was seen, after which waiting would never end."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._ended = False

    async def chunk(self) -> bytes | None:
        """The next part, None after the last. Raises `Refused` when the caller went away."""
        if self._ended:
            return None
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._ended = True
            raise Refused(Problem.BODY_TIMEOUT)
        self._ended = not message.get("more_body")
        part: bytes = message.get("body", b"")
        return part

    async def drain(self) -> None:
        """Reads and drops what is left of a refused body, within limits."""
        left = DRAIN_BYTES
        with contextlib.suppress(TimeoutError, Refused):
            async with asyncio.timeout(DRAIN_SECONDS):
                while left > 0 and (part := await self.chunk()) is not None:
                    left -= len(part)


class Intake:
    """Counts the bytes and requests under way. All of it runs in one event loop, so no lock is needed."""

    def __init__(self, settings: IngestSettings) -> None:
        self._settings = settings
        self._requests: Counter[str] = Counter()
        self._whole: dict[Held, float] = {}
        self._draining = 0
        self.held_bytes = 0

    @property
    def oldest_seconds(self) -> float:
        """How long the oldest request has waited for its answer since its body was whole; 0 when there is none."""
        return time.monotonic() - next(iter(self._whole.values())) if self._whole else 0.0

    @property
    def requests(self) -> int:
        """Requests under way, of all keys."""
        return self._requests.total()

    @asynccontextmanager
    async def request(self, key_id: str) -> AsyncIterator["Held"]:
        """A place for one request of a key. Raises `Refused` when the key has too many, or all keys together."""
        if self._requests[key_id] >= self._settings.max_key_requests:
            raise Refused(Problem.TOO_MANY_REQUESTS)
        if (
            self.requests >= self._settings.max_in_flight_requests
            or self.oldest_seconds > self._settings.max_wait_seconds
        ):
            raise Refused(Problem.OVERLOADED)
        self._requests[key_id] += 1
        held = Held(self)
        try:
            yield held
        finally:
            self._whole.pop(held, None)
            self.held_bytes -= held.size
            self._requests[key_id] -= 1
            if not self._requests[key_id]:
                del self._requests[key_id]

    async def read(self, body: Body, held: "Held", limit: int) -> bytes:
        """The whole body. Raises `Refused` when it is too large, too slow, or there is no room for it now."""
        parts: list[bytes] = []
        try:
            async with asyncio.timeout(self._settings.body_deadline_seconds):
                while (part := await body.chunk()) is not None:
                    held.add(len(part))
                    if held.size > limit:
                        raise Refused(Problem.BODY_TOO_LARGE)
                    parts.append(part)
        except TimeoutError as error:
            raise Refused(Problem.BODY_TIMEOUT) from error
        self._whole[held] = time.monotonic()
        return b"".join(parts)

    async def drain(self, body: Body) -> None:
        """Lets a caller that is refused finish sending, unless too many do so."""
        if self._draining >= MAX_DRAINING:
            return
        self._draining += 1
        try:
            await body.drain()
        finally:
            self._draining -= 1

    def hold(self, size: int) -> None:
        """Raises `Refused` when the total would be too much."""
        if self.held_bytes + size > self._settings.max_in_flight_bytes:
            raise Refused(Problem.OVERLOADED)
        self.held_bytes += size


class Held:
    """What one request holds of the total."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self.size = 0

    def add(self, size: int) -> None:
        """Raises `Refused` when there is no room."""
        self._intake.hold(size)
        self.size += size


async def inflate_aside(body: bytes, encoding: str, limit: int) -> bytes:
    """As `inflate`, in a thread when it may take long; zlib and zstd let the event loop run meanwhile."""
    if not encoding or len(body) < INFLATE_IN_LOOP_BYTES:
        return inflate(body, encoding, limit)
    return await asyncio.to_thread(inflate, body, encoding, limit)
