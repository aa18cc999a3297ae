"""`python -m tests.support.planted_worker FAULT [ARGUMENT …]`: the scoring worker or a command, with a fault in it.

The same process otherwise: real log, real engine, real store. Faults are in readings, or in the event loop itself.
"""

import re
import runpy
import sys
import threading
from collections.abc import Callable, Sequence

import services.scoring.watchdog
from services.scoring.facts import Facts
from services.scoring.readings import FAMILIES
from services.scoring.readings.filings import filing
from services.scoring.records import Kept, Record
from services.scoring.sheet import Sheet

NEVER = threading.Event()


def without_ratings(facts: Facts, record: Record, events: Sequence[Kept], sheet: Sheet) -> None:
    """Other readings: ratings are not counted."""
    filing(facts, record, [event for event in events if event.type != "filing.rated"], sheet)


def failing(facts: Facts, record: Record, events: Sequence[Kept], sheet: Sheet) -> None:
    """Readings that cannot stand a rating."""
    if any(event.type == "filing.rated" for event in events):
        raise ArithmeticError
    filing(facts, record, events, sheet)


def sleeping(facts: Facts, record: Record, events: Sequence[Kept], sheet: Sheet) -> None:
    """Readings that never come back but let other threads run."""
    NEVER.wait()


def running_away(facts: Facts, record: Record, events: Sequence[Kept], sheet: Sheet) -> None:
    """Readings that never come back and never let another thread run."""
    re.match(r"(a+)+$", "a" * 60 + "b")


def block_event_loop() -> None:
    """The watchdog itself blocks the event loop, so that nothing on it can notice."""

    async def block(*_: object) -> dict[int, int]:
        NEVER.wait()
        return {}

    services.scoring.watchdog._ends = block  # type: ignore[assignment] # it takes the same and never returns


def plant(fault: str) -> None:
    """Puts the fault in its place."""
    families: dict[str, Callable[..., None]] = {
        "without_ratings": without_ratings,
        "failing": failing,
        "sleeping": sleeping,
        "running_away": running_away,
    }
    if fault == "blocked_loop":
        block_event_loop()
    else:
        FAMILIES["filing"] = families[fault]  # type: ignore[index] # a Mapping only by its annotation


if __name__ == "__main__":
    plant(sys.argv[1])
    sys.argv = ["services.scoring", *sys.argv[2:]]
    runpy.run_module("services.scoring", run_name="__main__")
