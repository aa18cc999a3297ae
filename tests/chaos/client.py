"""A client under load that keeps the ids whose answer was 2xx and sends all others again, several times at once."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Any

import httpx

from tests.chaos.story import Filing, tell
from tests.support.pipeline import BATCH

SENDERS = 8
MAX_BATCH_EVENTS = 20
MAX_REPEATS = 5
REPEAT_WITHIN_SECONDS = 1.5
ANSWER_SECONDS = 7.0
"""Above the 5 s after which ingest itself gives up on the broker."""
MIXED_FILINGS = 40
"""Events of so many filings are sent in any order: corrections and retractions before what they name, too."""
TWICE_SHARE = 0.05
MAX_FILINGS = 100_000

Json = dict[str, Any]


@dataclass
class Book:
    """One round as the client saw it."""

    number: int
    filings: list[Filing] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)
    tried: set[str] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)
    unexpected: list[str] = field(default_factory=list)


class Client:
    """Sends `events_per_second` to the addresses in turn, from `begin` to `end`, on a thread of its own."""

    def __init__(self, addresses: Sequence[str], key: str, events_per_second: float) -> None:
        self._addresses = addresses
        self._headers = {"authorization": f"Bearer {key}", "content-type": BATCH}
        self._pause_seconds = SENDERS * MAX_BATCH_EVENTS / 2 / events_per_second
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="load", daemon=True)
        self._thread.start()
        self._ending = False
        self._round: Future[None] | None = None
        self.book = Book(0)

    def begin(self, number: int, seed: int) -> None:
        """Starts the load of a round."""
        self.book, self._ending = Book(number), False
        self._round = asyncio.run_coroutine_threadsafe(self._run(Random(f"{seed} load {number}")), self._loop)

    def end(self) -> Book:
        """Returns when every request has its answer, or has none for good."""
        assert self._round is not None, "not begun"
        self._ending = True
        self._round.result()
        return self.book

    def close(self) -> None:
        """Ends the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _run(self, random: Random) -> None:
        batches = self._batches(random)
        http = httpx.AsyncClient(timeout=ANSWER_SECONDS, headers=self._headers)
        async with http, asyncio.TaskGroup() as senders:
            for _ in range(SENDERS):
                senders.create_task(self._send_all(http, batches, Random(random.random())))

    def _batches(self, random: Random) -> Iterator[list[Json]]:
        """Events of the round, mixed; a filing is in the book before its first event is sent."""
        filings = tell(self.book.number, MAX_FILINGS, random)
        while some := list(islice(filings, MIXED_FILINGS)):
            self.book.filings += some
            events = [one for filing in some for one in filing.events.values()]
            random.shuffle(events)
            while events:
                size = random.randint(1, MAX_BATCH_EVENTS)
                yield events[:size]
                del events[:size]

    async def _send_all(self, http: httpx.AsyncClient, batches: Iterator[list[Json]], random: Random) -> None:
        while not self._ending:
            batch = next(batches)
            self.book.tried.update(str(one["id"]) for one in batch)
            times = 2 if random.random() < TWICE_SHARE else 1
            sends = [self._send(http, batch, random.choice(self._addresses)) for _ in range(times)]
            if not any(await asyncio.gather(*sends)):
                await self._repeat(http, batch, random)
            await asyncio.sleep(random.random() * 2 * self._pause_seconds)

    async def _repeat(self, http: httpx.AsyncClient, batch: list[Json], random: Random) -> None:
        async def later(seconds: float) -> None:
            await asyncio.sleep(seconds)
            await self._send(http, batch, random.choice(self._addresses))

        async with asyncio.TaskGroup() as sending:
            for _ in range(random.randint(1, MAX_REPEATS)):
                sending.create_task(later(random.random() * REPEAT_WITHIN_SECONDS))

    async def _send(self, http: httpx.AsyncClient, batch: list[Json], address: str) -> bool:
        """Whether the answer was 2xx."""
        try:
            answer = await http.post(address, json=batch)
        except httpx.TransportError as error:
            self.book.answers[type(error).__name__] += 1
            return False
        self.book.answers[str(answer.status_code)] += 1
        if answer.is_success:
            self._note(batch, answer.json()["results"])
        elif answer.status_code not in {429, 503} or "retry-after" not in answer.headers:
            self.book.unexpected.append(f"{answer.status_code}: {answer.text[:300]}")
        return answer.is_success

    def _note(self, batch: list[Json], results: list[Json]) -> None:
        for one, result in zip(batch, results, strict=True):
            if result["status"] == "accepted":
                self.book.accepted.add(str(one["id"]))
            else:
                self.book.unexpected.append(f"{one['id']}: {result}")
