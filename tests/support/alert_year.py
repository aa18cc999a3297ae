"""A simulated year as the alerts would have seen it: deliveries with planted incidents, folded minute by minute."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from deploy.local.simulator.casting_systems import LIVE_WITHOUT_DOSSIER, SILENT_SYSTEM
from deploy.local.simulator.local_time import midnight
from deploy.local.simulator.outbox import Delivery as Told
from deploy.local.simulator.run import Options, Run
from services.alerts.look import LATE_DAYS
from services.alerts.past.known import Minute, Sent
from services.alerts.past.statements import Statement
from services.alerts.past.tally import Entry
from services.scoring.engine import Delivery, process, seed
from services.scoring.facts import Facts
from services.scoring.records import Record
from shared.catalogue import Catalogue
from shared.contracts.event import Event, content_hash
from shared.contracts.vocabulary import STATE_TYPES
from tests.support.simulated import read_event

EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
BEAT_MINUTES = 135
"""The simulator tells of a system once an hour, within ten minutes, and one in thirty comes late or says
`down`; real ones
tell each five minutes. A limit of two missed beats is to it what 15 minutes are to them."""


@dataclass(frozen=True)
class Incident:
    """`rule` and `thing` (what the alert's thing begins with) must be told of between the days, numbered from 0."""

    name: str
    rule: str
    thing: str
    first: int
    last: int


@dataclass(frozen=True)
class Planted:
    """What is done to a run's deliveries; days are numbered from the first one of the run."""

    paper_unit: str = "xa-12271"
    paper: tuple[int, int] = (0, 0)
    silent_source: str = "qlvb"
    silent: tuple[int, int] = (0, 0)
    wrong_unit: str = "xa-12148"
    wrong: int = 0
    wrong_events: int = 250

    def incidents(self) -> list[Incident]:
        """What has to be caught."""
        figure, wrong = "filing_full_online", f"filing_full_online:{self.wrong_unit}"
        return [
            Incident("a commune goes back to paper", "below", f"{figure}:{self.paper_unit}", *self._while(self.paper)),
            Incident("a source falls silent", "source_silent", self.silent_source, *self._while(self.silent)),
            Incident("wrong data, taken back later", "below_target", wrong, self.wrong, self.wrong + 4),
        ]

    @staticmethod
    def _while(days: tuple[int, int]) -> tuple[int, int]:
        return days[0], days[1] + 7

    def changed(self, day: int, deliveries: list[Told], start: int, backlog: list[Told]) -> list[Told]:
        """One day's deliveries with what is planted in them; `start`: midnight of the run's first day in seconds.

        `backlog`: what a silent source keeps until it speaks again.
        """
        at = start + day * 86_400
        if self.paper[0] <= day < self.paper[1]:
            deliveries = [_on_paper(one, self.paper_unit) for one in deliveries]
        if self.silent[0] <= day < self.silent[1]:
            back = start + self.silent[1] * 86_400 + 28_800
            source = f"/systems/{self.silent_source}"
            held = [one for one in deliveries if _source(one) == source]
            deliveries = [one for one in deliveries if _source(one) != source]
            backlog.extend((back, name, text) for _, name, text in held)
        if day == self.silent[1]:
            deliveries = sorted([*deliveries, *backlog])
        if day == self.wrong and self.wrong:
            deliveries = sorted([*deliveries, *self._wrong(at + 36_000)])
        if day == self.wrong + 2 and self.wrong:
            deliveries = sorted([*deliveries, *self._taken_back(at + 36_000)])
        return deliveries

    def _wrong(self, at: int) -> Iterator[Told]:
        data = {
            "procedure": "1.004222", "receiving_unit": self.wrong_unit, "channel": "direct",
            "full_online_offered": True, "result_is_document": True, "due_at": None, "applicant_kind": "citizen",
        }  # fmt: skip
        issued = {"electronic": True, "signed": True, "delivery": "online"}
        for number in range(self.wrong_events):
            yield self._event(number, at, "filing.received", f"wrong-{number}", data)
            yield self._event(number, at + 60, "filing.result_issued", f"wrong-issued-{number}", issued)

    def _taken_back(self, at: int) -> Iterator[Told]:
        for number in range(self.wrong_events):
            for name in (f"wrong-{number}", f"wrong-issued-{number}"):
                yield self._event(number, at, "event.retracted", f"back-{name}", {"id": name})

    def _event(self, number: int, at: int, kind: str, name: str, data: dict[str, Any]) -> Told:
        said = {
            "specversion": "1.0", "id": name, "source": "/systems/dvc", "type": kind, "unit": self.wrong_unit,
            "subject": f"filing/{number:064x}", "time": datetime.fromtimestamp(at, UTC).isoformat(), "data": data,
        }  # fmt: skip
        return at, "dvc", msgspec.json.encode(said).decode()


def _source(one: Told) -> str:
    return str(one[1]) if str(one[1]).startswith("/") else f"/systems/{one[1]}"


def _on_paper(one: Told, unit: str) -> Told:
    at, source, text = one
    if '"filing.received"' not in text or f'"unit":"{unit}"' not in text:
        return one
    return at, source, text.replace('"channel":"online"', '"channel":"direct"')


def with_hourly_beats(catalogue: Catalogue) -> Catalogue:
    """Limits of systems and of the SOC's source that fit a sign of life an hour."""
    fields = {"heartbeat_ttl_minutes": BEAT_MINUTES}
    systems = {
        code: one.model_copy(update=fields | ({"cadence_minutes": BEAT_MINUTES} if one.cadence_minutes else {}))
        for code, one in catalogue.systems.items()
    }
    return replace(catalogue, systems=systems)


def simulated_incidents(options: Options) -> list[Incident]:
    """What the simulator itself plants within the days of a run."""
    year = date(options.first.year, 1, 1)
    offset, days = (options.first - year).days, (options.last - options.first).days
    every = [
        Incident("a unit loses both lines", "link_down", "xa-12073:down", 88, 92),
        Incident("a unit loses both lines for good", "link_down", "xa-13075:down", 200, 204),
        Incident("a system goes live without dossier", "system_undocumented", LIVE_WITHOUT_DOSSIER[0],
                 LIVE_WITHOUT_DOSSIER[1], LIVE_WITHOUT_DOSSIER[1] + 2),
        Incident("a monitored system is not heard of", "system_unmonitored", SILENT_SYSTEM[0], SILENT_SYSTEM[1],
                 SILENT_SYSTEM[1] + 2),
    ]  # fmt: skip
    moved = [replace(one, first=one.first - offset, last=one.last - offset) for one in every]
    return [one for one in moved if one.first >= 0 and one.last <= days]


def minutes_of(
    options: Options, planted: Planted, catalogue: Catalogue, days_done: Callable[[int], None] = lambda _: None
) -> Iterator[Minute]:
    """The run, folded by the scoring engine in memory, minute by minute in the order of receipt."""
    run, facts, records = Run(options, catalogue), Facts.from_catalogue(catalogue), dict[str, Record]()
    start = midnight(run.scene.first)
    first = Minute(_moment(start), entries=[_entry(row) for row in seed(facts, 0, 1).ledger])
    yield first
    offset, backlog = 0, list[Told]()
    for day, deliveries in enumerate(run.plan.deliveries()):
        for at, group in _by_minute(planted.changed(day, deliveries, start, backlog)):
            received = at * 1000
            each = [Delivery(event, received, 0, offset + place, 0) for place, event in enumerate(group)]
            offset += len(each)
            block = process(facts, records, each)
            records |= block.records
            yield _minute(_moment(at), block.ledger, block.events)
        days_done(day + 1)


def _by_minute(deliveries: Sequence[Told]) -> Iterator[tuple[int, list[Event]]]:
    waiting: dict[int, list[Event]] = {}
    for at, _, text in deliveries:
        waiting.setdefault(at // 60 * 60 + 60, []).append(_read(text))
    return iter(sorted(waiting.items()))


def _read(text: str) -> Event:
    event = read_event(text)
    return msgspec.structs.replace(event, content=content_hash(event))


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
