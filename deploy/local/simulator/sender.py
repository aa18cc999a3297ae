"""Posts batches of events to ingest as a unit's system would: with its key, politely, and until they are accepted."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

import httpx

BATCH_TYPE = "application/cloudevents-batch+json"
ENDPOINT = "/v1/events"

REQUEST_SECONDS = 60.0
PATIENCE_SECONDS = 120.0
"""Without any success for so long the run gives up: a stack that is starting or restarting is back by then."""

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 10.0
BUSY = frozenset({429, 503})
"""Answers that ask to come back later; the same batch is sent again, which ingest and scoring know as the same."""


class SendError(Exception):
    """The run cannot go on; the message is one line for people and holds no key."""


@dataclass(slots=True)
class Tally:
    """What ingest answered."""

    accepted: int = 0
    requests: int = 0
    retries: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    """Reason token → events."""


Batch = tuple[str, Sequence[str]]
"""(code of the emitting system, event texts)."""


class Sender:
    """Sends concurrently; `tally` is live."""

    def __init__(self, client: httpx.AsyncClient, keys: Mapping[str, str], connections: int) -> None:
        """`client` has the base address; `keys`: system → key."""
        self.tally = Tally()
        self._client, self._keys = client, keys
        self._free = asyncio.Semaphore(connections)
        self._last_success = time.monotonic()

    async def send_all(self, batches: AsyncIterator[Batch]) -> None:
        """Returns when every batch has its answer. Raises `SendError`; what is under way is then cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                async for source, events in batches:
                    await self._free.acquire()
                    group.create_task(self._send(source, events))
        except* SendError as errors:
            raise SendError(str(_first(errors))) from None

    async def _send(self, source: str, events: Sequence[str]) -> None:
        try:
            await self._until_accepted(source, events)
        finally:
            self._free.release()

    async def _until_accepted(self, source: str, events: Sequence[str]) -> None:
        key = self._keys.get(source)
        if key is None:
            raise SendError(f"Không có khóa cho hệ thống {source!r}")
        headers = {"authorization": f"Bearer {key}", "content-type": BATCH_TYPE}
        body, pause = f"[{','.join(events)}]".encode(), FIRST_PAUSE_SECONDS
        while True:
            try:
                response = await self._client.post(ENDPOINT, content=body, headers=headers)
            except httpx.TransportError as error:
                wait = self._wait(pause, type(error).__name__)
            else:
                if response.status_code not in BUSY:
                    self._count(response, len(events))
                    return
                wait = self._wait(max(pause, _retry_after(response)), str(response.status_code))
            await asyncio.sleep(wait)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _wait(self, seconds: float, cause: str) -> float:
        self.tally.retries += 1
        if time.monotonic() - self._last_success > PATIENCE_SECONDS:
            raise SendError(f"Ingest không nhận sự kiện suốt {PATIENCE_SECONDS:.0f} giây ({cause})")
        return seconds

    def _count(self, response: httpx.Response, events: int) -> None:
        """202: some accepted; 422: none. Anything else concerns the whole request and ends the run."""
        self.tally.requests += 1
        self._last_success = time.monotonic()
        if response.status_code not in {202, 422}:
            raise SendError(f"Ingest trả lời {response.status_code}: {response.text[:300]}")
        results = response.json().get("results", [])
        rejected = Counter(str(r.get("reason", "")) for r in results if r.get("status") == "rejected")
        if len(results) != events:
            raise SendError(f"Ingest trả lời {len(results)} kết quả cho {events} sự kiện")
        self.tally.rejected += rejected
        self.tally.accepted += events - rejected.total()


def _retry_after(response: httpx.Response) -> float:
    """Seconds that the answer asks to wait; 0 when it names none."""
    text = response.headers.get("retry-after", "")
    return float(text) if text.isdigit() else 0.0


def _first(errors: BaseExceptionGroup[SendError]) -> BaseException:
    """Several requests may fail of one cause; one line is enough."""
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def open_client(url: str, connections: int) -> httpx.AsyncClient:
    """A client for `Sender`; close it with `async with`."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    return httpx.AsyncClient(base_url=url, limits=limits, timeout=REQUEST_SECONDS, trust_env=False)
