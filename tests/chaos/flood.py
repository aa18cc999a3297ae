"""Batches without end, encoded beforehand but for their ids, and what their senders are told."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256

import httpx

from tests.chaos.story import UNITS
from tests.support.pipeline import BATCH

BATCH_EVENTS = 500
"""So large that sending costs a tenth of what ingest has to do for it, and the sender keeps three times its pace."""
FIRST_DIGITS = 16
"""Of a subject: the batch; the ledger can then be asked by batch."""
ANSWER_SECONDS = 60.0
ENOUGH_CONNECTIONS = 4_000
_PLACE = "@"
_EVENT = (
    '{"specversion":"1.0","id":"o-@","source":"/systems/dvc","type":"filing.received","subject":"filing/@",'
    '"time":"2026-03-02T08:00:00+07:00","unit":"so-khcn","datacontenttype":"application/json","data":{'
    '"procedure":"1.004227","receiving_unit":"so-khcn","channel":"online","full_online_offered":true,'
    '"result_is_document":true,"applicant_kind":"citizen"}}'
)
_TAILS = [sha256(str(number).encode()).hexdigest()[: 64 - FIRST_DIGITS] for number in range(BATCH_EVENTS)]


def body(number: int) -> bytes:
    """One filing each for 500 subjects; the batch's number is in every id and subject."""
    place = batch_digits(number)
    parts = _EVENT.replace("so-khcn", UNITS[number % len(UNITS)]).split(_PLACE)
    events = (f"{parts[0]}{place}-{at}{parts[1]}{place}{tail}{parts[2]}" for at, tail in enumerate(_TAILS))
    return f"[{','.join(events)}]".encode()


def batch_digits(number: int) -> str:
    """The batch as the first hexadecimal digits of its subjects; a letter first, since keys hold letters."""
    return f"{0xF << 4 * (FIRST_DIGITS - 1) | number:0{FIRST_DIGITS}x}"


@dataclass
class Flood:
    """What was sent and what came back. Batches are accepted whole or not at all."""

    url: str
    keys: list[str]
    sent: int = 0
    accepted: set[int] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)
    unexpected: list[str] = field(default_factory=list)
    late_seconds: float = 0.0
    """How far the sender itself ever was behind its plan."""

    async def closed(self, seconds: float, senders: int) -> float:
        """Events accepted per second when each sender waits for its answer."""
        began = time.monotonic()
        before = len(self.accepted)
        async with self._client() as http:

            async def go_on() -> None:
                while time.monotonic() < began + seconds:
                    await self._send(http, self._next())

            async with asyncio.TaskGroup() as group:
                for _ in range(senders):
                    group.create_task(go_on())
        return (len(self.accepted) - before) * BATCH_EVENTS / (time.monotonic() - began)

    async def open(self, seconds: float, events_per_second: float) -> None:
        """Sends by the clock, whatever the answers; returns when all have come."""
        began = time.monotonic()
        first = self.sent
        async with self._client() as http, asyncio.TaskGroup() as group:
            while (now := time.monotonic() - began) < seconds:
                due = int(now * events_per_second / BATCH_EVENTS) - (self.sent - first)
                self.late_seconds = max(self.late_seconds, due * BATCH_EVENTS / events_per_second)
                for _ in range(due):
                    group.create_task(self._send(http, self._next()))
                    await asyncio.sleep(0)
                await asyncio.sleep(0.005)

    def _next(self) -> int:
        self.sent += 1
        return self.sent

    def _client(self) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=ENOUGH_CONNECTIONS, max_keepalive_connections=ENOUGH_CONNECTIONS)
        return httpx.AsyncClient(timeout=ANSWER_SECONDS, limits=limits)

    async def _send(self, http: httpx.AsyncClient, number: int) -> None:
        headers = {"authorization": f"Bearer {self.keys[number % len(self.keys)]}", "content-type": BATCH}
        try:
            answer = await http.post(self.url, content=body(number), headers=headers)
        except httpx.TransportError as error:
            self.answers[type(error).__name__] += 1
            self.unexpected.append(f"batch {number}: no answer, {type(error).__name__}")
            return
        self.answers[str(answer.status_code)] += 1
        if answer.status_code == 202:
            self.accepted.add(number)
        elif answer.status_code not in {429, 503} or "retry-after" not in answer.headers:
            self.unexpected.append(f"batch {number}: {answer.status_code} {answer.text[:200]}")
