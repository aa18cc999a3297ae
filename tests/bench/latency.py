"""How late a change is seen: accepted → visible on the board, accepted → webhook, at half of the capacity.

A probe is an event of its own in a unit that nothing else writes for. It is sent by the clock, whatever became of the
one before, and its latency counts from the moment at which it was meant to leave (no coordinated omission); so it
includes the way through ingest. *Visible*: a screen that listens to the live stream has asked for the board and got
the new denominator. *Webhook*: the receiver has read the request of the alert that the probe starts or ends.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx

from tests.bench.embedded import Embedded
from tests.bench.measuring import Line, percentile
from tests.bench.probes import (
    ALERT_UNITS,
    OFFLINE,
    ONLINE,
    SEEN_FIGURE,
    SEEN_INDICATOR,
    SEEN_UNIT,
    Probe,
    Seen,
    announced,
    filings,
    flip,
    seen_probe,
)
from tests.bench.run import Run
from tests.support.pipeline import BATCH
from tests.support.waiting import eventually

SHARE = 0.5
VISIBLE_REACH_SECONDS, WEBHOOK_REACH_SECONDS = 1.0, 2.0
PROBE_SECONDS, FLIP_SECONDS = 0.25, 2.0
"""An alert every 2 s is 300 times what a desk may be told (ISA-18.2). One unit flips every 20 s, so that an alert which
is told late is not mistaken for one that was never raised.
"""
LATE_SECONDS = 60.0


def latency_lines(run: Run, embedded: Embedded, capacity: float) -> list[Line]:
    """Two lines, p99 in seconds; the second is completed with its baseline by the caller."""
    _seed(embedded)
    seconds, rate = run.size(100, 15), capacity * SHARE
    child, _ = embedded.start_load(rate, seconds + 10)
    try:
        visible, webhook = asyncio.run(_probe(embedded, seconds))
    finally:
        child.terminate()
        child.communicate()
    embedded.pipeline.wait_scored()
    what = (
        ("accepted → visible on the board", visible, VISIBLE_REACH_SECONDS),
        ("accepted → webhook received", webhook, WEBHOOK_REACH_SECONDS),
    )
    return [_line(run, f"{name}, p99 at {rate:,.0f}/s", found, reach) for name, found, reach in what]


def _line(run: Run, name: str, found: list[float], reach: float) -> Line:
    p99 = percentile(found, 99)
    detail = {f"p{share}": percentile(found, share) for share in (50, 90, 99, 100)} | {"probes": len(found)}
    return Line(name, "s", p99, None, f"≤ {reach:.0f} s", None if run.quick else p99 <= reach, detail)


def _seed(embedded: Embedded) -> None:
    """Every unit of an alert stands exactly at its target, and nothing is under way."""
    for unit in ALERT_UNITS:
        embedded.pipeline.send(filings(unit, 0, ONLINE, online=True))
        embedded.pipeline.send(filings(unit, ONLINE, OFFLINE, online=False))
    embedded.pipeline.wait_scored()


async def _probe(embedded: Embedded, seconds: float) -> tuple[list[float], list[float]]:
    headers = {"authorization": f"Bearer {embedded.key}", "content-type": BATCH}
    async with httpx.AsyncClient(headers=headers, timeout=LATE_SECONDS) as http, _screen(embedded) as seen:
        await eventually(lambda: _holds(bool(seen.looks)), deadline_seconds=LATE_SECONDS, what="a first look")
        first = len(embedded.receiver.deliveries)
        before = seen.looks[-1][3]
        url = embedded.stack.url("ingest", "/v1/events")
        probes, flips = await asyncio.gather(
            _send(http, url, PROBE_SECONDS, seconds, lambda at, number: seen_probe(at, number, before)),
            _send(http, url, FLIP_SECONDS, seconds, flip),
        )
        alerts = Seen()

        def all_there() -> bool:
            alerts.looks = [announced(one.at, one.body) for one in embedded.receiver.deliveries[first:]]
            return all(seen.seconds(one) is not None for one in probes) and all(
                alerts.seconds(one) is not None for one in flips
            )

        with suppress(AssertionError):
            await eventually(lambda: _holds(all_there()), deadline_seconds=LATE_SECONDS, what="all probes")
    # What was never seen counts as late as the run could wait.
    return [[of.seconds(one) or LATE_SECONDS for one in some] for of, some in ((seen, probes), (alerts, flips))]  # type: ignore[return-value]


async def _holds(condition: bool) -> bool:
    return condition


async def _send(
    http: httpx.AsyncClient,
    url: str,
    every_seconds: float,
    seconds: float,
    make: Callable[[float, int], tuple[Probe, list[dict[str, Any]]]],
) -> list[Probe]:
    """Sends by the clock; returns when all are answered. Raises for an answer that is no 202."""
    began, sent = time.time(), []
    async with asyncio.TaskGroup() as group:
        for number in range(int(seconds / every_seconds)):
            due = began + number * every_seconds
            await asyncio.sleep(due - time.time())
            probe, events = make(due, number)
            group.create_task(_post(http, url, events))
            sent.append(probe)
    return sent


async def _post(http: httpx.AsyncClient, url: str, events: list[dict[str, Any]]) -> None:
    answer = await http.post(url, content=json.dumps(events).encode())
    if answer.status_code != 202:
        raise RuntimeError(f"a probe was refused: {answer.status_code} {answer.text[:200]}")


@asynccontextmanager
async def _screen(embedded: Embedded) -> AsyncIterator[Seen]:
    """A screen that listens to the live stream and asks for the board whenever something moved."""
    seen, moved = Seen(), asyncio.Event()
    async with httpx.AsyncClient(
        base_url=embedded.stack.url("api"), headers=embedded.pipeline.bearer("view"), timeout=LATE_SECONDS
    ) as http:
        tasks = [asyncio.create_task(_listen(http, moved)), asyncio.create_task(_look(http, moved, seen))]
        try:
            yield seen
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _listen(http: httpx.AsyncClient, moved: asyncio.Event) -> None:
    async with http.stream("GET", "/v1/stream") as answer:
        async for line in answer.aiter_lines():
            if line == "event: moved":
                moved.set()


async def _look(http: httpx.AsyncClient, moved: asyncio.Event, seen: Seen) -> None:
    while True:
        await moved.wait()
        moved.clear()
        answer = await http.get("/v1/board", params={"unit": SEEN_UNIT, "indicator": SEEN_INDICATOR, "period": "2026"})
        cells = [cell for cell in answer.raise_for_status().json()["cells"] if cell["figure"] == SEEN_FIGURE]
        seen.looks.append((time.time(), "", "", sum(cell["den"] for cell in cells)))
