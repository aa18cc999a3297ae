"""A simulated year as the alerts would have seen it: deliveries with planted incidents, folded minute by minute."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from deploy.local.simulator.casting import COMMUNES, DEPARTMENTS, OTHER_AGENCIES
from deploy.local.simulator.local_time import midnight
from deploy.local.simulator.outbox import Delivery as Told
from deploy.local.simulator.plan import Plan
from deploy.local.simulator.run import Options, Run
from deploy.local.simulator.scene import Scale
from services.alerts.look import LATE_DAYS
from services.alerts.past.known import Minute, Sent
from services.alerts.past.statements import Statement
from services.alerts.past.tally import Entry
from services.scoring.engine import Delivery, process, seed
from services.scoring.facts import Facts
from services.scoring.records import Record
from shared.catalogue import Catalogue, load_catalogue
from shared.contracts.event import Event
from shared.contracts.vocabulary import STATE_TYPES
from tests.support.alert_incidents import Incident, Planted, simulated_incidents
from tests.support.simulated import read_event

EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Year:
    """A run and what is done to it. Every unit works at full size, since policies count events per unit.

    `units`: those that work; of all others only lines, systems and reports are heard. `beat_hours`: between two signs
    of life of a system. `look_seconds`: between two looks at what came in.
    """

    first: date
    last: date
    planted: Planted
    units: frozenset[str]
    beat_hours: int = 1
    look_seconds: int = 60
    seed: int = 155

    @property
    def communes(self) -> frozenset[str]:
        """Communes and wards among the units."""
        return frozenset(unit for unit in self.units if unit.startswith(("xa-", "ph-")))

    @property
    def begin(self) -> datetime:
        """The first midnight."""
        return datetime.fromtimestamp(midnight((self.first - date(1970, 1, 1)).days), UTC)

    @property
    def until(self) -> datetime:
        """The last minute."""
        return self.begin + timedelta(days=(self.last - self.first).days + 1, minutes=-1)

    def incidents(self) -> list[Incident]:
        """All that has to be caught."""
        return [*self.planted.incidents(), *simulated_incidents(self.first, self.last)]

    def catalogue(self) -> Catalogue:
        """With limits of systems and of the SOC's source that fit the rarer signs of life: two missed ones.

        Real ones come each five minutes. The simulator's come within ten minutes of their hour, and one in thirty comes
        late or says `down`.
        """
        limit, catalogue = 120 * self.beat_hours + 15, load_catalogue()
        systems = {
            code: one.model_copy(
                update={"heartbeat_ttl_minutes": limit, "cadence_minutes": one.cadence_minutes and limit}
            )
            for code, one in catalogue.systems.items()
        }
        return replace(catalogue, systems=systems)


def every_nth(nth: int, first: date, planted: Planted) -> frozenset[str]:
    """All units above communes, every nth commune, and those to which something is done."""
    catalogue = load_catalogue()
    above = [unit for group in (DEPARTMENTS, OTHER_AGENCIES) for unit in catalogue.group_members(group, first)]
    return frozenset({*above, *catalogue.group_members(COMMUNES, first)[::nth], planted.paper_unit, planted.wrong_unit})


def minutes_of(year: Year, catalogue: Catalogue, days_done: Callable[[int], None] = lambda _: None) -> Iterator[Minute]:
    """The run, folded by the scoring engine in memory, minute by minute in the order of receipt."""
    scale = Scale(heartbeat_hours=year.beat_hours, login_hours=8)
    run = Run(Options(year.first, year.last, year.seed, scale), catalogue)
    working = tuple(unit for unit in run.world.units if unit.code in year.units)
    plan = Plan(replace(run.scene, world=replace(run.world, units=working)), run.fates)
    facts, records = Facts.from_catalogue(catalogue), dict[str, Record]()
    start, offset, backlog = midnight(run.scene.first), 0, list[Told]()
    yield Minute(_moment(start), entries=[_entry(row) for row in seed(facts, 0, 1).ledger])
    for day, deliveries in enumerate(plan.deliveries()):
        for at, group in _looks(year.planted.changed(day, deliveries, start, backlog), year.look_seconds):
            each = [Delivery(event, at * 1000, 0, offset + place, 0) for place, event in enumerate(group)]
            offset += len(each)
            block = process(facts, records, each)
            records |= block.records
            yield _minute(_moment(at), block.ledger, block.events)
        days_done(day + 1)


def kept(file: Path, minutes: Callable[[], Iterator[Minute]]) -> Iterator[Minute]:
    """The minutes of a file, a line each; written first when it is missing, so that a run is generated once."""
    if not file.exists():
        fresh, encoder = file.with_suffix(".new"), msgspec.json.Encoder()
        with fresh.open("wb") as lines:
            for minute in minutes():
                lines.write(encoder.encode(minute) + b"\n")
        fresh.replace(file)
    decoder = msgspec.json.Decoder(Minute)
    with file.open("rb") as lines:
        for line in lines:
            yield decoder.decode(line)


def _looks(deliveries: Sequence[Told], seconds: int) -> list[tuple[int, list[Event]]]:
    waiting: dict[int, list[Event]] = {}
    for at, _, text in deliveries:
        waiting.setdefault((at // seconds + 1) * seconds, []).append(read_event(text))
    return sorted(waiting.items())


def _minute(at: datetime, ledger: Iterable[Any], events: Iterable[Any]) -> Minute:
    minute = Minute(at, entries=[_entry(row) for row in ledger])
    for row in events:
        _, source, id_, subject, kind, unit, time_us, received_ms, outcome, other, *_, data, _, _, _ = row
        time = datetime.fromtimestamp(time_us / 1_000_000, UTC)
        late = received_ms * 1000 > time_us + LATE_DAYS * 86_400_000_000
        sent = minute.sent.get(source, Sent(0, 0, 0, time))
        newest = max(sent.newest, time)
        minute.sent[source] = Sent(sent[0] + 1, sent[1] + (outcome == "conflict"), sent[2] + late, newest)
        if kind in STATE_TYPES:
            minute.statements.append(Statement(source, id_, subject, kind, unit, time, outcome, other, data))
        elif kind == "system.heartbeat" and outcome == "counted":
            minute.beats[subject] = max(time, minute.beats.get(subject, time))
    return minute


def _entry(row: Any) -> Entry:
    _, reading, unit, day, _, _, _, num, den, excluded, reason, *_ = row
    return Entry(reading, unit, day + EPOCH_ORDINAL, reason, num, den, excluded)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
