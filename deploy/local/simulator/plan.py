"""The plan of a run: which stories begin on which day, unit by unit; it hands over deliveries day by day."""

from collections.abc import Callable, Iterator
from random import Random

from deploy.local.simulator.local_time import DAY_SECONDS, midnight
from deploy.local.simulator.outbox import Delivery
from deploy.local.simulator.pace import office_second
from deploy.local.simulator.scene import Scene
from deploy.local.simulator.stories.filings import FilingStory
from deploy.local.simulator.stories.logins import count_logins
from deploy.local.simulator.stories.network import play_network
from deploy.local.simulator.stories.office import OfficeStory
from deploy.local.simulator.stories.registers import play_datasets, play_portals, play_procedures
from deploy.local.simulator.stories.reports import CountStory, play_duties
from deploy.local.simulator.stories.systems import SystemStory
from deploy.local.simulator.world import Fates, Unit

FILINGS, DOCUMENTS, INCOMING, CASEFILES = 6.2, 3.0, 2.5, 3.5
"""Mean per working day of a unit of size 1: some 10,000 events a day in the province."""

INSPECTIONS, PETITIONS = 0.08, 0.04

WEEKEND_SHARE, NIGHT_SHARE = 0.06, 0.05
"""On days off, and at any hour of working days, filings come in online."""

BUSY_AFTER_DAYS_OFF = 1.25
OVERTIME_SHARE = 0.03
"""Of the office's own doings: at any hour of a working day."""

CARRIED_OVER_DAYS = 12
"""In the first days of the year results are issued for filings of the year before."""


def occurrences(mean: float, rng: Random) -> int:
    """A Poisson number; by the normal law where it is large."""
    if mean > 12:
        return max(0, round(rng.gauss(mean, mean**0.5)))
    limit, product, number = 2.718281828459045**-mean, rng.random(), 0
    while product > limit:
        product *= rng.random()
        number += 1
    return number


class Plan:
    """One run over the days of its scene."""

    def __init__(self, scene: Scene, fates: Fates) -> None:
        self._scene, self._fates = scene, fates
        self.filings, self.office = FilingStory(scene), OfficeStory(scene)
        self.systems = SystemStory(scene, fates.register_since)
        self._working = frozenset(scene.world.working_days)

    def prepare(self) -> None:
        """What is known for the whole run: registers, lines, duties, counts."""
        scene, world, fates = self._scene, self._scene.world, self._fates
        play_procedures(scene, {p.code: p for owned in world.procedures.values() for p in owned}.values())
        play_portals(scene, world.portals, fates.checklist, fates.portals_since)
        play_datasets(scene, world.datasets)
        play_network(scene, fates.outages, fates.unheard_agencies, fates.agencies_since)
        play_duties(scene, {unit.code: unit.quality.reports for unit in world.units})
        CountStory(scene).play(fates.conflicting_unit)
        self.systems.snapshots()

    def day(self, day: int) -> None:
        """Begins every story of one local day."""
        busy = self._busy(day)
        for unit in self._scene.world.units:
            self._unit_day(unit, day, busy)
        for portal in self._scene.world.service_portals:
            self._scene.emitter.begin("logins", portal.code, day)
            count_logins(self._scene, portal, day, min(1.0, self._scene.scale.volume) * max(busy, 0.4))
        self.systems.heartbeats(day)
        self.systems.alerts(day)

    def deliveries(self) -> Iterator[list[Delivery]]:
        """All deliveries, by day and in order; the books are complete at the end. Slow: run it in a thread."""
        self.prepare()
        outbox = self._scene.emitter.outbox
        for day in range(self._scene.first, self._scene.last + 1):
            self.day(day)
            yield from outbox.take_until(day)
        self.systems.settle()
        yield from outbox.take_all()

    def _busy(self, day: int) -> float:
        """0 on days off; more on the first day after a break."""
        if day not in self._working:
            return 0.0
        return 1.0 if day - 1 in self._working else BUSY_AFTER_DAYS_OFF

    def _unit_day(self, unit: Unit, day: int, busy: float) -> None:
        """Each story draws from a stream of its own, so that one that is cut short does not change the next."""
        emitter, rng = self._scene.emitter, self._scene.emitter.begin("unit", unit.code, day)
        volume = unit.size * self._scene.scale.volume
        begins: list[tuple[float, Callable[[Unit, int, object], None]]] = [
            (FILINGS * busy, self.filings.tell),
            (DOCUMENTS * busy, self.office.document),
            (INCOMING * busy, self.office.incoming),
            (CASEFILES * busy, self.office.casefile),
            (INSPECTIONS * busy, self.office.inspection),
            (PETITIONS * busy, self.office.petition),
            (FILINGS * (NIGHT_SHARE if busy else WEEKEND_SHARE), self.filings.tell_online),
            (1.0 if busy and day < self._fates.year_start + CARRIED_OVER_DAYS else 0.0, self.filings.carried_over),
        ]
        counts = [occurrences(mean * volume, rng) for mean, _ in begins]
        for kind, (count, (_, story)) in enumerate(zip(counts, begins, strict=True)):
            for number in range(count):
                name = (kind, unit.code, day, number)
                draws = emitter.begin("story", *name)
                anytime = story == self.filings.tell_online or draws.random() < OVERTIME_SHARE
                story(
                    unit, midnight(day) + (int(draws.random() * DAY_SECONDS) if anytime else office_second(draws)), name
                )
