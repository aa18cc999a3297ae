"""Batches without end, encoded beforehand but for a few letters, and what their sender is told."""

import asyncio
import re
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256

import httpx

from tests.chaos.story import UNITS
from tests.chaos.wire import Answer, Pool
from tests.support.pipeline import BATCH

BATCH_EVENTS = 500
LETTERS = 16
"""At the end of every id and subject: which batch it belongs to, so that tables can be asked by batch. Letters only,
since digits could look like a person's number."""
HELD_SENDERS, UNHELD_SENDERS = 2, 8
"""Of those that wait for their answer; what two have under way is soon scored when they rest."""
TICK_SECONDS = 0.005
LOOK_SECONDS = 0.2
REST_LAG_SECONDS = 1.0
"""Senders rest while the pipeline is further behind: half of the two seconds that define its capacity."""
_PLACE = b"@"
_EVENT = (
    '{"specversion":"1.0","id":"o%s-@","source":"/systems/dvc","type":"filing.received","subject":"filing/%s@",'
    '"time":"2026-03-02T08:00:00+07:00","unit":"%s","datacontenttype":"application/json","data":{'
    '"procedure":"1.004227","receiving_unit":"%s","channel":"online","full_online_offered":true,'
    '"result_is_document":true,"applicant_kind":"citizen"}}'
)
_PROBLEM = re.compile(rb'"urn:chitieu:problem:(\w+)"')
_DIGESTS = [sha256(str(number).encode()).hexdigest()[: 64 - LETTERS] for number in range(BATCH_EVENTS)]


def _parts(unit: str) -> list[bytes]:
    events = (_EVENT % (at, digest, unit, unit) for at, digest in enumerate(_DIGESTS))
    return f"[{','.join(events)}]".encode().split(_PLACE)


_BODIES = [_parts(unit) for unit in UNITS]


def body(number: int) -> bytes:
    """One filing each for 500 subjects; costs 0.05 ms."""
    return letters(number).encode().join(_BODIES[number % len(_BODIES)])


def letters(number: int) -> str:
    """A batch's number in base 6, as letters that are hexadecimal digits; hashed subjects end with them."""
    found = ""
    while number:
        number, digit = divmod(number, 6)
        found = "abcdef"[digit] + found
    return found.rjust(LETTERS, "a")


class Backlog:
    """How long ago the oldest event was accepted that is not scored yet (pure)."""

    def __init__(self) -> None:
        self._accepted: deque[tuple[float, int]] = deque()

    def lag_seconds(self, now: float, accepted: int, scored: int) -> float:
        """Of the totals of this moment; 0 when all are scored."""
        self._accepted.append((now, accepted))
        while self._accepted and self._accepted[0][1] <= scored:
            self._accepted.popleft()
        return now - self._accepted[0][0] if self._accepted else 0.0


@dataclass
class Flood:
    """What was sent and what came back. Batches are accepted whole or not at all."""

    port: int
    keys: list[str]
    sent: int = 0
    accepted: set[int] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)
    unexpected: list[str] = field(default_factory=list)
    late_seconds: float = 0.0
    """How far the sender itself ever was behind its plan."""
    lag_seconds: float = 0.0
    """The furthest the pipeline was behind while it was kept at its capacity."""
    most_busy: int = 0
    """Requests that waited for their answer at the same time."""

    @property
    def accepted_events(self) -> int:
        """In all batches."""
        return len(self.accepted) * BATCH_EVENTS

    def known(self) -> bool:
        """Whether ingest knows all keys."""
        url = f"http://127.0.0.1:{self.port}/v1/events"
        answers = (httpx.post(url, headers={"authorization": f"Bearer {key}"}, timeout=30) for key in self.keys)
        return all(answer.status_code != httpx.codes.UNAUTHORIZED for answer in answers)

    async def held(self, seconds: float, scored: Callable[[], Awaitable[int]]) -> float:
        """Events per second that the pipeline takes when its senders rest as soon as it falls behind.

        `scored`: how many of its events the pipeline has processed. Measured over the second half.
        """
        async with self._senders(HELD_SENDERS) as free:
            await self._look(seconds / 2, scored, free)
            began, before = time.monotonic(), self.accepted_events
            self.lag_seconds = await self._look(seconds / 2, scored, free)
            return (self.accepted_events - before) / (time.monotonic() - began)

    async def unheld(self, seconds: float) -> float:
        """Events per second that ingest accepts from senders that only wait for their answers."""
        async with self._senders(UNHELD_SENDERS):
            began, before = time.monotonic(), self.accepted_events
            await asyncio.sleep(seconds)
            return (self.accepted_events - before) / (time.monotonic() - began)

    async def _look(self, seconds: float, scored: Callable[[], Awaitable[int]], free: asyncio.Event) -> float:
        """Lets the senders go on or rest; the longest lag that was seen."""
        backlog, longest, until = Backlog(), 0.0, time.monotonic() + seconds
        while (now := time.monotonic()) < until:
            lag = backlog.lag_seconds(now, self.accepted_events, await scored())
            longest = max(longest, lag)
            (free.clear if lag > REST_LAG_SECONDS else free.set)()
            await asyncio.sleep(LOOK_SECONDS)
        return longest

    async def open(self, seconds: float, events_per_second: float) -> None:
        """Sends by the clock, whatever the answers; returns when all have come."""
        pool = Pool(self.port)
        began = time.monotonic()
        first = self.sent
        async with asyncio.TaskGroup() as group:
            while (now := time.monotonic() - began) < seconds:
                due = int(now * events_per_second / BATCH_EVENTS) - (self.sent - first)
                self.late_seconds = max(self.late_seconds, due * BATCH_EVENTS / events_per_second)
                for _ in range(due):
                    group.create_task(self._send(pool, self._next()))
                await asyncio.sleep(TICK_SECONDS)
        self.most_busy = pool.most_busy
        pool.close()

    @asynccontextmanager
    async def _senders(self, count: int) -> AsyncIterator[asyncio.Event]:
        """Each waits for its answer; they rest while the event is not set, and end with the context."""
        pool, free, ended = Pool(self.port), asyncio.Event(), asyncio.Event()
        free.set()

        async def go_on() -> None:
            while not ended.is_set():
                await self._send(pool, self._next())
                await free.wait()

        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(go_on())
            yield free
            ended.set()
            free.set()
        pool.close()

    def _next(self) -> int:
        self.sent += 1
        return self.sent

    async def _send(self, pool: Pool, number: int) -> None:
        content = body(number)
        head = (
            f"POST /v1/events HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\ncontent-type: {BATCH}\r\n"
            f"authorization: Bearer {self.keys[number % len(self.keys)]}\r\ncontent-length: {len(content)}\r\n\r\n"
        )
        try:
            self._judge(number, await pool.ask(head.encode(), content))
        except OSError as error:  # a TimeoutError too
            self.answers[type(error).__name__] += 1
            self.unexpected.append(f"batch {number}: no answer, {type(error).__name__} {error}")

    def _judge(self, number: int, answer: Answer) -> None:
        problem = _PROBLEM.search(answer.beginning)
        self.answers[f"{answer.status} {problem[1].decode() if problem else ''}".strip()] += 1
        if answer.status == 202 and b'"rejected":0,' in answer.beginning:
            self.accepted.add(number)
        elif answer.status not in {429, 503} or not answer.retry_after:
            self.unexpected.append(f"batch {number}: {answer.status} {answer.beginning.decode(errors='replace')}")
