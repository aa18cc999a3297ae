"""One run put together: options, world, books, and the plan that yields deliveries."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from deploy.local.simulator.book import Book
from deploy.local.simulator.casting import INCIDENT_UNIT, cast_fates, cast_world
from deploy.local.simulator.emitter import Emitter
from deploy.local.simulator.local_time import DAY_SECONDS, day_number, midnight
from deploy.local.simulator.noise import Rates
from deploy.local.simulator.outbox import Outbox
from deploy.local.simulator.pace import OfficePace
from deploy.local.simulator.plan import Plan
from deploy.local.simulator.scene import Scale, Scene
from deploy.local.simulator.world import Fates, World
from shared.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Options:
    """What makes a run: the same options give the same events and the same books."""

    first: date
    last: date
    seed: int = 155
    scale: Scale = Scale()  # noqa: RUF009 - frozen
    rates: Rates = Rates()  # noqa: RUF009 - frozen
    incident: str = INCIDENT_UNIT
    until: int | None = None
    """Nothing happens from this instant (seconds) on; by default the end of `last`."""

    def described(self) -> dict[str, Any]:
        """For the head of the expected file."""
        return {
            "seed": self.seed,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "volume": self.scale.volume,
        }


class Run:
    """A history run over whole days."""

    def __init__(self, options: Options, catalogue: Catalogue) -> None:
        """Raises ValueError for days outside the plan's year."""
        self.options = options
        self.world: World = cast_world(catalogue, options.seed, options.incident)
        self.fates: Fates = cast_fates(catalogue)
        self.book, self.outbox = Book(), Outbox()
        first, last = day_number(options.first), day_number(options.last)
        if not self.fates.year_start <= first <= last < self.fates.year_start + 365:
            raise ValueError(f"days must lie in the plan's year: {options.first} to {options.last}")
        until = min(options.until or midnight(last + 1), midnight(last + 1))
        window = (midnight(first), until)
        emitter = Emitter(options.seed, options.rates, self.outbox, window, DAY_SECONDS)
        pace = OfficePace(self.world.working_days)
        self.scene = Scene(self.world, emitter, self.book, pace, options.scale, options.seed, first, last, until)
        self.plan = Plan(self.scene, self.fates)

    def as_of_days(self) -> list[int]:
        """Days (since 1970) at whose end stocks are stated: each month's last day, every seventh day, the last day."""
        ends = [month.last for month in self.world.months if self.scene.first <= month.last <= self.scene.last]
        return sorted({*ends, *range(self.scene.first + 6, self.scene.last, 7), self.scene.last})
