"""Simulator runs for tests: what they deliver, and a plain reader of the texts."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import msgspec

from deploy.local.simulator.noise import Rates
from deploy.local.simulator.run import Options, Run
from deploy.local.simulator.scene import Scale
from shared.catalogue import load_catalogue
from shared.contracts.event import Event, content_hash

QUIET = Rates(0, 0, 0, 0)
Amounts = dict[tuple[str, str, str], tuple[int, int]]
"""(reading, unit, day) → (num, den), without zeros."""


@lru_cache(maxsize=8)
def played(options: Options) -> tuple[Run, tuple[str, ...]]:
    """A run that was played to its end, and every delivery in order. Played once per test process."""
    run = Run(options, load_catalogue())
    return run, tuple(text for day in run.plan.deliveries() for _, _, text in day)


def small_month(rates: Rates | None = None, seed: int = 155, volume: float = 0.05) -> Options:
    """March 2026 in a small scale, with the default noise unless told otherwise."""
    scale = Scale(volume, heartbeat_hours=6)
    return Options(date(2026, 3, 1), date(2026, 3, 31), seed, scale, rates or Rates())


def expected_of(run: Run) -> dict[str, list[dict[str, Any]]]:
    """What the run says that every cell must show."""
    return run.book.expected(run.as_of_days())


def amounts(rows: Iterable[dict[str, Any]], day: str) -> Amounts:
    """Rows of an expected file by (reading, unit, day or as_of)."""
    return {(row["reading"], row["unit"], row[day]): (row["num"], row["den"]) for row in rows}


def read_event(text: str) -> Event:
    """A delivery as ingest would normalise it."""
    wire = msgspec.json.decode(text)
    data = {
        name: _utc(value) if name in {"due_at", "window_start", "window_end"} and value else value
        for name, value in wire["data"].items()
    }
    recorded = _microseconds(wire["recordedtime"]) if "recordedtime" in wire else 0
    event = Event(
        wire["source"],
        wire["id"],
        wire["type"],
        wire["subject"],
        _microseconds(wire["time"]),
        wire["unit"],
        recorded,
        wire.get("corrects", ""),
        b"",
        data,
    )
    return msgspec.structs.replace(event, content=content_hash(event))


def total(entries: Iterable[tuple[tuple[str, str, str], tuple[int, int]]]) -> Amounts:
    """Sums signed entries; what sums to nothing is left out."""
    sums: defaultdict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for key, (num, den) in entries:
        sums[key].update(num=num, den=den)
    return {key: (c["num"], c["den"]) for key, c in sums.items() if c["num"] or c["den"]}


def _utc(instant: str) -> str:
    return datetime.fromisoformat(instant).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _microseconds(instant: str) -> int:
    return int(datetime.fromisoformat(instant).timestamp()) * 1_000_000
