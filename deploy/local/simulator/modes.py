"""The modes: a history as fast as ingest takes it, a live stream, and the demo that is one after the other."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from deploy.local.simulator.book import Book, write_expected
from deploy.local.simulator.feed import NO_LIMIT, Pacer, batches_of
from deploy.local.simulator.live import LiveStream, Show, mishaps_needed
from deploy.local.simulator.outbox import Delivery
from deploy.local.simulator.run import Run
from deploy.local.simulator.sender import Batch, Sender, Tally, open_client
from deploy.local.simulator.world import World

STEP_SECONDS = 1.0
"""Events carry whole seconds, so a live stream moves once a second."""


@dataclass(frozen=True, slots=True)
class Line:
    """How to reach ingest."""

    url: str
    keys: dict[str, str]
    batch: int
    connections: int


async def send_history(run: Run, line: Line, rate: float, expected: Path | None) -> Tally:
    """Sends a whole run and writes its expected file. Raises `SendError` or an ExceptionGroup of them."""
    days = run.scene.last - run.scene.first + 1
    async with open_client(line.url, line.connections) as client:
        sender = Sender(client, line.keys, line.connections)
        with tqdm(total=days, unit="ngày", desc="Gửi dữ liệu lịch sử", dynamic_ncols=True) as bar:

            def show(_: int) -> None:
                bar.update(min(1, days - bar.n))
                bar.set_postfix_str(_progress(sender.tally), refresh=False)

            await sender.send_all(batches_of(run.plan.deliveries(), line.batch, Pacer(rate), show))
            bar.set_postfix_str(_progress(sender.tally), refresh=False)
    if expected is not None:
        write_expected(run.book, run.as_of_days(), run.options.described(), expected)
    return sender.tally


async def send_live(world: World, show: Show, line: Line, book: Book | None) -> Tally:
    """Streams until `show.duration` is over, or without end. `book`: of the history that was sent before."""
    stream = LiveStream(world, show)
    stream.plant(mishaps_needed(book, show.incident))
    async with open_client(line.url, line.connections) as client:
        sender = Sender(client, line.keys, line.connections)
        with tqdm(
            unit=" sự kiện", desc="Dòng sự kiện trực tiếp", dynamic_ncols=True, mininterval=_line_seconds()
        ) as bar:

            def moved(events: int) -> None:
                bar.update(events)
                bar.set_postfix_str(_progress(sender.tally), refresh=False)

            await sender.send_all(_live_batches(stream, show, line.batch, moved))
    return sender.tally


async def _live_batches(
    stream: LiveStream, show: Show, size: int, moved: Callable[[int], None]
) -> AsyncIterator[Batch]:
    end = None if show.duration is None else show.start + show.duration
    while end is None or now(show) < end:
        for batch in _by_source(stream.step(now(show)), size):
            moved(len(batch[1]))
            yield batch
        await asyncio.sleep(STEP_SECONDS)
    for left in stream.outbox.take_all():
        for batch in _by_source(left, size):
            moved(len(batch[1]))
            yield batch


def now(show: Show) -> int:
    """The clock of the show, in seconds."""
    return int(time.time()) + show.clock_offset


def _by_source(deliveries: list[Delivery], size: int) -> list[Batch]:
    waiting: dict[str, list[str]] = {}
    for _, source, text in deliveries:
        waiting.setdefault(source, []).append(text)
    return [(s, texts[i : i + size]) for s, texts in waiting.items() for i in range(0, len(texts), size)]


async def send_demo(run: Run, show: Show, line: Line) -> Tally:
    """The year so far in a small scale, then the live stream from now on."""
    await send_history(run, line, NO_LIMIT, None)
    return await send_live(run.world, replace(show, start=now(show)), line, run.book)


def _line_seconds() -> float:
    """Seconds between two progress lines: a log that runs for days must stay small."""
    return 0.5 if sys.stderr.isatty() else 60.0


def _progress(tally: Tally) -> str:
    rejected = f", bị từ chối {tally.rejected.total()}" if tally.rejected else ""
    again = f", gửi lại {tally.retries}" if tally.retries else ""
    return f"{tally.accepted} được nhận{rejected}{again}"
