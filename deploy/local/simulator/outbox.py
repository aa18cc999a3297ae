"""Event texts by the day on which they are delivered; a day is handed over once nothing more can be added to it."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from deploy.local.simulator.local_time import day_of

Delivery = tuple[int, str, str]
"""(instant of delivery, code of the emitting system, event text)."""


class Outbox:
    """Deliveries waiting for their day, and what has been put in so far by type and by kind of noise."""

    def __init__(self) -> None:
        self._days: defaultdict[int, list[Delivery]] = defaultdict(list)
        self.types: Counter[str] = Counter()
        self.noise: Counter[str] = Counter()

    def put(self, at: int, source: str, text: str) -> None:
        """One delivery, in any order."""
        self._days[day_of(at)].append((at, source, text))

    def take_until(self, day: int) -> Iterator[list[Delivery]]:
        """Whole days up to `day`, each in order of delivery."""
        for ready in sorted(waiting for waiting in self._days if waiting <= day):
            yield sorted(self._days.pop(ready))

    def take_all(self) -> Iterator[list[Delivery]]:
        """Everything that is left."""
        yield from self.take_until(max(self._days, default=0))
