"""A stream of events that happen now, for the wallboard: filings live through in a minute, and one unit fails."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from typing_extensions import override

from deploy.local.simulator.book import Book
from deploy.local.simulator.emitter import Emitter
from deploy.local.simulator.local_time import day_of
from deploy.local.simulator.noise import Rates
from deploy.local.simulator.outbox import Delivery, Outbox
from deploy.local.simulator.pace import LivePace
from deploy.local.simulator.scene import Scale, Scene
from deploy.local.simulator.stories.filings import FilingStory
from deploy.local.simulator.stories.logins import count_window
from deploy.local.simulator.stories.office import OfficeStory
from deploy.local.simulator.stories.systems import SystemStory
from deploy.local.simulator.world import System, Unit, World

LIVE_DAY_SECONDS = 40
"""A day of the noise: late events come within minutes, corrections within seconds."""

LOGIN_WINDOW_SECONDS = 60
HEARTBEAT_SECONDS = 60
MEAN_USES_PER_WINDOW = 20
FAR_SECONDS = 10 * 365 * 86_400

TARGET_PERCENT = 80
MISHAPS_BEYOND = 4
"""So many misses more than it takes to fall below the target."""

MISHAPS_WITHOUT_BOOKS = 30
MISHAPS_WITHIN_SECONDS = 10


class LiveOutbox(Outbox):
    """Hands over what has become due by now."""

    def __init__(self) -> None:
        super().__init__()
        self._heap: list[Delivery] = []

    @override
    def put(self, at: int, source: str, text: str) -> None:
        heapq.heappush(self._heap, (at, source, text))

    def take_due(self, now: int) -> list[Delivery]:
        """Everything whose instant has come."""
        due = []
        while self._heap and self._heap[0][0] <= now:
            due.append(heapq.heappop(self._heap))
        return due

    @override
    def take_all(self) -> Iterator[list[Delivery]]:
        """What is left, although its instant has not come: only late deliveries are, when events end at `until`."""
        yield sorted(self._heap)
        self._heap.clear()


@dataclass(frozen=True, slots=True)
class Show:
    """How the stream runs: instants in seconds; `duration` None: without end."""

    seed: int
    start: int
    duration: int | None
    rate: float
    incident: str
    rates: Rates = Rates()  # noqa: RUF009 - frozen
    clock_offset: int = 0
    """Seconds added to the machine's clock, as in the services' own setting."""


class LiveStream:
    """Starts stories so that `rate` events a second come due on average. `step` is called about four times a second."""

    def __init__(self, world: World, show: Show) -> None:
        self.book, self.outbox = Book(), LiveOutbox()
        until = show.start + (FAR_SECONDS if show.duration is None else show.duration)
        emitter = Emitter(show.seed, show.rates, self.outbox, (show.start, until), LIVE_DAY_SECONDS)
        day = day_of(show.start)
        scene = Scene(world, emitter, self.book, LivePace(), Scale(), show.seed, day, day, until)
        self._scene, self._show, self._world = scene, show, world
        self._filings, self._office, self._systems = FilingStory(scene), OfficeStory(scene), SystemStory(scene, day)
        self._rng = emitter.begin("live", show.start)
        self._credit, self._number, self._last_step, self._last_beat = 0.0, 0, show.start, 0
        self._last_window = show.start - show.start % LOGIN_WINDOW_SECONDS

    def plant(self, mishaps: int) -> None:
        """The incident: so many filings of one unit go wrong at once."""
        unit = next(unit for unit in self._world.units if unit.code == self._show.incident)
        for index in range(mishaps):
            at = self._show.start + int(self._rng.random() * MISHAPS_WITHIN_SECONDS)
            self._filings.mishap(unit, at, ("incident", self._show.start, index))

    def step(self, now: int) -> list[Delivery]:
        """Begins what begins by now and returns what is due."""
        self._watch(now)
        self._credit += self._show.rate * (now - self._last_step)
        self._last_step = now
        while self._credit > 0:
            before = self.outbox.types.total()
            self._begin(self._rng, now)
            self._credit -= self.outbox.types.total() - before
        return self.outbox.take_due(now)

    def _begin(self, rng: Random, now: int) -> None:
        self._number += 1
        unit, number = _pick(self._world.units, rng), ("live", self._show.start, self._number)
        roll = rng.random()
        if roll < 0.45:
            self._filings.tell(unit, now, number)
        elif roll < 0.65:
            self._office.document(unit, now, number)
        elif roll < 0.78:
            self._office.incoming(unit, now, number)
        elif roll < 0.97:
            self._office.casefile(unit, now, number)
        else:
            (self._office.inspection if roll < 0.985 else self._office.petition)(unit, now, number)

    def _watch(self, now: int) -> None:
        """Heartbeats of the systems that are watched by now, and the windows of logins that have ended."""
        if now - self._last_beat >= HEARTBEAT_SECONDS:
            self._last_beat = now
            for system in self._world.systems:
                if watched_on(system, day_of(now)):
                    self._systems.heartbeat(system, now)
        while self._last_window + LOGIN_WINDOW_SECONDS <= now:
            window = (self._last_window, self._last_window + LOGIN_WINDOW_SECONDS)
            self._last_window = window[1]
            for portal in self._world.service_portals:
                count_window(self._scene, portal, window, MEAN_USES_PER_WINDOW)


def watched_on(system: System, day: int) -> bool:
    """In use and monitored, by the played year."""
    states = [state for since, state in system.states if since <= day]
    silent = system.silent is not None and system.silent[0] <= day < system.silent[1]
    return (
        bool(states) and states[-1].in_use and system.monitored is not None and system.monitored <= day and not silent
    )


def mishaps_needed(book: Book | None, unit: str) -> int:
    """How many misses bring the unit below its target of T09, by the books of the year so far."""
    if book is None:
        return MISHAPS_WITHOUT_BOOKS
    num, den = book.total("filing_full_online", unit)
    return max(0, num * 100 // TARGET_PERCENT - den) + MISHAPS_BEYOND


def _pick(units: tuple[Unit, ...], rng: Random) -> Unit:
    return units[int(rng.random() * len(units))]
