"""Takes requests in without letting callers fill the memory or the time: bounded in total and for each key."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from services.ingest.bodies import inflate
from services.ingest.problems import Problem, Refused
from services.ingest.settings import IngestSettings

Receive = Callable[[], Any]

INFLATE_IN_LOOP_BYTES = 16_384
"""A thread costs 0.1 ms; a body of this size can inflate to its limit and hold every other request up for 30 ms."""

SLICE_SECONDS = 0.01
"""Bodies are checked for so long in one turn of the event loop, and the last one to its end (a full batch: 15 ms).
With one body in each turn, batches of 100 cost a tenth more, since their records left for the log one by one."""


class Body:
    """The incoming body of one request; knows whether its end was seen, after which waiting would never end."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.ended = False

    async def chunk(self) -> bytes | None:
        """The next part, None after the last. Raises `Refused` when the caller went away."""
        if self.ended:
            return None
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.ended = True
            raise Refused(Problem.BODY_TIMEOUT)
        self.ended = not message.get("more_body")
        part: bytes = message.get("body", b"")
        return part


class Intake:
    """Counts the bytes and requests under way. All of it runs in one event loop, so no lock is needed for that."""

    def __init__(self, settings: IngestSettings) -> None:
        self._settings = settings
        self._requests: Counter[str] = Counter()
        self._whole: dict[Held, float] = {}
        self._spent_seconds = 0.0
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
    async def request(self, key_id: str, declared_bytes: int) -> AsyncIterator["Held"]:
        """A place for one request of a key and room for the body that its headers declare (0: not declared).

        Nothing of the body is read before. Raises `Refused` when there is no place or no room, for the key or for all.
        """
        if self._requests[key_id] >= self._settings.max_key_requests:
            raise Refused(Problem.TOO_MANY_REQUESTS)
        if (
            self.requests >= self._settings.max_in_flight_requests
            or self.oldest_seconds > self._settings.max_wait_seconds
        ):
            raise Refused(Problem.OVERLOADED)
        held = Held(self)
        held.add(declared_bytes)
        self._requests[key_id] += 1
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
        parts, size = [], 0
        try:
            async with asyncio.timeout(self._settings.body_deadline_seconds):
                while (part := await body.chunk()) is not None:
                    size += len(part)
                    if size > limit:
                        raise Refused(Problem.BODY_TOO_LARGE)
                    held.add(max(0, size - held.size))
                    parts.append(part)
        except TimeoutError as error:
            raise Refused(Problem.BODY_TIMEOUT) from error
        self._whole[held] = time.monotonic()
        return b"".join(parts)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """To work on a body without awaiting anything: only so much in one turn of the event loop, first come, first
        served, so that connections are accepted and requests refused meanwhile.

        Raises `Refused` when one's turn does not come in time.
        """
        asked = time.monotonic()
        while self._spent_seconds > SLICE_SECONDS:
            if time.monotonic() - asked > self._settings.turn_deadline_seconds:
                raise Refused(Problem.OVERLOADED)
            await asyncio.sleep(0)
        began = time.monotonic()
        if not self._spent_seconds:
            asyncio.get_running_loop().call_soon(self._next_slice)
        try:
            yield
        finally:
            self._spent_seconds += time.monotonic() - began

    def _next_slice(self) -> None:
        self._spent_seconds = 0.0

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
