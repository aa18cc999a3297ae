"""The simulator's own bookkeeping: what every cell must show, counted from intentions and never from events."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from deploy.local.simulator.local_time import day_text

Amount = list[int]
"""[num, den], added in place."""


class Book:
    """Flows by (reading, unit, day); stocks as intervals of days, closed on the left and open on the right."""

    def __init__(self) -> None:
        self.flows: defaultdict[tuple[str, str, int], Amount] = defaultdict(lambda: [0, 0])
        self._steps: defaultdict[tuple[str, str], defaultdict[int, Amount]] = defaultdict(
            lambda: defaultdict(lambda: [0, 0])
        )

    def flow(self, reading: str, unit: str, day: int, num: int, den: int = 1) -> None:
        """Adds to one cell's day."""
        amount = self.flows[reading, unit, day]
        amount[0] += num
        amount[1] += den

    def stock(self, reading: str, unit: str, days: tuple[int, int | None], num: int, den: int = 1) -> None:
        """Holds (num, den) at 24:00 of every day from `days[0]` until before `days[1]` (None: without end)."""
        steps = self._steps[reading, unit]
        self._step(steps[days[0]], num, den)
        if days[1] is not None:
            self._step(steps[days[1]], -num, -den)

    @staticmethod
    def _step(amount: Amount, num: int, den: int) -> None:
        amount[0] += num
        amount[1] += den

    def stock_at(self, reading: str, unit: str, day: int) -> tuple[int, int]:
        """The state at 24:00 of a day."""
        steps: Mapping[int, Amount] = self._steps.get((reading, unit), {})
        upto = [amount for start, amount in steps.items() if start <= day]
        return sum(a[0] for a in upto), sum(a[1] for a in upto)

    def total(self, reading: str, unit: str) -> tuple[int, int]:
        """A flow's sum over all days."""
        amounts = [a for (r, u, _), a in self.flows.items() if r == reading and u == unit]
        return sum(a[0] for a in amounts), sum(a[1] for a in amounts)

    def expected(self, as_of: Iterable[int]) -> dict[str, list[dict[str, Any]]]:
        """Cells that are not zero, in a fixed order: every flow's day, and every stock at each day of `as_of`."""
        cells = [
            {"reading": reading, "unit": unit, "day": day_text(day), "num": num, "den": den}
            for (reading, unit, day), (num, den) in sorted(self.flows.items())
            if num or den
        ]
        return {"cells": cells, "stocks": [row for day in sorted(set(as_of)) for row in self._stocks(day)]}

    def _stocks(self, day: int) -> Iterable[dict[str, Any]]:
        for reading, unit in sorted(self._steps):
            num, den = self.stock_at(reading, unit, day)
            if num or den:
                yield {"reading": reading, "unit": unit, "as_of": day_text(day), "num": num, "den": den}


def write_expected(book: Book, as_of: Iterable[int], run: dict[str, Any], file: Path) -> None:
    """One JSON object: `run` (how it was made), `cells`, `stocks`."""
    file.write_bytes(msgspec.json.format(msgspec.json.encode({"run": run} | book.expected(as_of)), indent=0))
