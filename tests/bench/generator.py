"""An open load, as a process of its own: batches leave by the clock, whatever the answers.

`python -m tests.bench.generator --port P --rate EVENTS_PER_SECOND --seconds S --first BATCH`; the key comes on stdin.
The first line of stdout is when it began, the last, as JSON, what became of it. A batch's latency counts from the
moment at which it was meant to leave, so that a sender that waits for a slow answer hides nothing
(coordinated omission).
"""

import argparse
import asyncio
import json
import sys
import time
from dataclasses import dataclass, field

from tests.bench.events import EVENTS_PER_FILING, FilingText
from tests.bench.load import ACCEPTED, ask, requests
from tests.bench.measuring import percentile

BATCH_FILINGS = 25
BATCH_EVENTS = BATCH_FILINGS * EVENTS_PER_FILING
CONNECTIONS = 24
"""One key may have 32 requests under way."""
IDLE_SECONDS = 3.0
"""Ingest closes a connection on which nothing came for 5 s."""


@dataclass
class Told:
    """What became of the batches so far; seconds from when each was meant to leave to its answer."""

    accepted: int = 0
    refused: dict[int, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)

    def take(self, status: int, seconds: float) -> None:
        """One answer."""
        self.seconds.append(seconds)
        if status == ACCEPTED:
            self.accepted += BATCH_EVENTS
        else:
            self.refused[status] = self.refused.get(status, 0) + 1

    def text(self) -> str:
        """One line of JSON."""
        found = {f"p{share}": percentile(self.seconds, share) for share in (50, 99, 100)}
        return json.dumps({"accepted": self.accepted, "refused": self.refused, **found})


async def send(port: int, key: str, rate: float, seconds: float, first: int) -> Told:
    """Returns when every batch is answered."""
    told, texts, waiting = Told(), FilingText(), asyncio.Queue[tuple[float, bytes] | None]()
    senders = [asyncio.create_task(_sender(port, waiting, told)) for _ in range(CONNECTIONS)]
    began, count = time.perf_counter() + 0.2, int(rate * seconds / BATCH_EVENTS)
    for number in range(count):
        body = texts.batch(first + number, BATCH_FILINGS)
        whole = requests("/v1/events", [body], "application/cloudevents-batch+json", key)[0]
        due = began + number * BATCH_EVENTS / rate
        await asyncio.sleep(due - time.perf_counter())
        waiting.put_nowait((due, whole))
    for _ in senders:
        waiting.put_nowait(None)
    await asyncio.gather(*senders)
    return told


async def _sender(port: int, waiting: asyncio.Queue[tuple[float, bytes] | None], told: Told) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    used = time.perf_counter()
    while (one := await waiting.get()) is not None:
        due, whole = one
        if time.perf_counter() > used + IDLE_SECONDS:
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        status, _ = await ask(reader, writer, whole)
        used = time.perf_counter()
        told.take(status, used - due)
    writer.close()


def main() -> None:
    """Exits when all is answered."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--first", type=int, required=True)
    given = parser.parse_args()
    key = sys.stdin.readline().strip()
    print(time.time(), flush=True)
    told = asyncio.run(send(given.port, key, given.rate, given.seconds, given.first))
    print(told.text())


if __name__ == "__main__":
    main()
