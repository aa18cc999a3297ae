"""A second, slow definition of what became of each event, over the reference's set of effective events.

Links are decided here, one event at a time, with nothing of the engine's fold. What an effective event did is told by
the readings, which are asked once about the reference's effective set: so a receipt in the table, whatever history
led to it, is compared with one that has no history. The readings' own words are tables of tests/data/readings.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import asdict

from services.scoring.facts import Facts
from services.scoring.readings import FAMILIES
from services.scoring.records import Kept, Record, with_day
from services.scoring.sheet import Fate, Sheet
from shared.contracts.event import Event
from tests.support.reference_model import aims, distinct, effective, on_ring

RETRACTION = "event.retracted"
HEARTBEAT = "system.heartbeat"

Ident = tuple[str, str, str]
"""(subject, source, id)"""

Answer = tuple[str, str, tuple[object, ...], tuple[object, ...]]
"""(outcome, other id, cells, exclusions); the last two sorted."""


class Told(NamedTuple):
    """`events`: the answer about each event; `again`: every delivery beyond the first, (ident, outcome) → how many.

    `wider`: how many of the copies were recorded earlier or reach further than the ones before them: such a copy may
    change what became of its event, and is then told by that instead.
    """

    events: dict[Ident, Answer]
    again: dict[tuple[Ident, str], int]
    wider: dict[tuple[Ident, str], int]

    def covers(self, said: Mapping[tuple[Ident, str], int]) -> bool:
        """Whether what the table says of repeated events is one of the right answers."""
        least = {key: count - self.wider.get(key, 0) for key, count in self.again.items()}
        return said.keys() <= least.keys() and all(
            least[key] <= said.get(key, 0) <= self.again[key] for key in self.again
        )


def told_about(log: Sequence[Event], facts: Facts) -> Told:
    """What the receipts must say after `log`."""
    told = Told({}, {}, {})
    for subject in dict.fromkeys(event.subject for event in log):
        mine = [event for event in log if event.subject == subject]
        events = distinct([event for event in mine if event.type != HEARTBEAT])
        fates = _fates(subject, events, [event for event in mine if event.type == HEARTBEAT], facts)
        for event, fate in zip(events, fates, strict=True):
            told.events[subject, event.source, event.id] = answer(fate)
        _repeated(told, mine, events)
    return told


def answer(fate: Fate) -> Answer:
    """A fate as it is compared: neither cells nor exclusions have an order."""
    return fate.outcome, fate.other_id, tuple(sorted(fate.cells)), tuple(sorted(fate.exclusions))


def _repeated(told: Told, mine: Sequence[Event], events: Sequence[Event]) -> None:
    kept = {(event.source, event.id): event for event in events}
    seen: dict[tuple[str, str], tuple[int, set[str]]] = {}
    for event in mine:
        if event.type == HEARTBEAT:
            continue
        ident = (event.source, event.id)
        if ident in seen:
            outcome = "duplicate" if event.content == kept[ident].content else "conflict"
            key = ((event.subject, *ident), outcome)
            told.again[key] = told.again.get(key, 0) + 1
            recorded, reached = seen[ident]
            if outcome == "duplicate" and (event.recorded < recorded or not reached.issuperset(event.reach)):
                told.wider[key] = told.wider.get(key, 0) + 1
        if ident not in seen or event.content == kept[ident].content:
            recorded, reached = seen.get(ident, (event.recorded, set()))
            seen[ident] = (min(recorded, event.recorded), reached | {*event.reach})


def _fates(subject: str, events: Sequence[Event], beats: Sequence[Event], facts: Facts) -> list[Fate]:
    standing = [_kept(event) for event in effective(events)]
    record, sheet = Record(subject, standing), Sheet()
    for beat in beats:
        if beat.data["state"] != "down":
            record.beats = with_day(record.beats, beat.day)
    family = FAMILIES.get(subject.partition("/")[0])
    if family is not None:
        family(facts, record, standing, sheet)
    whole = {(kept.source, kept.id): kept for kept in standing}
    fates = []
    for event in events:
        kept = whole.get((event.source, event.id))
        fates.append(Fate(*_link_fate(event, events), (), ()) if kept is None else sheet.fate(kept))
    return fates


def _kept(event: Event) -> Kept:
    fields = asdict(event)
    del fields["subject"]
    return Kept(**fields, received=0)


def _link_fate(event: Event, events: Sequence[Event]) -> tuple[str, str]:
    """Of an event that is a retraction, or is not effective."""
    index = {(e.source, e.id): e for e in events}
    taker = _taker(event, events, index)
    if event.type == RETRACTION:
        named = str(event.data["id"])
        target = index.get((event.source, named))
        if taker is None and on_ring(event, index):
            return "cycle", named
        without = "noted" if target is not None and aims(event, target) else "orphan"
        return ("retracted", taker.id) if taker is not None else (without, named)
    chain = _chain(event, index)
    if chain is None:
        return ("retracted", taker.id) if taker is not None else ("cycle", event.corrects)
    if chain[0].corrects:
        return ("retracted", taker.id) if taker is not None else ("orphan", event.corrects)
    for link in chain:
        by = _taker(link, events, index)
        if by is not None:
            return "retracted", by.id
    return "superseded", _winner(chain[0], events, index).id


def _chain(event: Event, index: Mapping[tuple[str, str], Event]) -> list[Event] | None:
    """From what the event corrects in the end, if it can be followed, to the event; None for a ring."""
    chain = [event]
    while chain[0].corrects:
        target = index.get((event.source, chain[0].corrects))
        if target is None or target.type == RETRACTION or not aims(chain[0], target):
            return chain
        if target in chain:
            return None
        chain.insert(0, target)
    return chain


def _taker(event: Event, events: Sequence[Event], index: Mapping[tuple[str, str], Event]) -> Event | None:
    """The retraction that takes the event back; of several the highest (recordedtime, id)."""
    takers = [
        r
        for r in events
        if r.type == RETRACTION and aims(r, event) and not on_ring(r, index) and _taker(r, events, index) is None
    ]
    return max(takers, key=lambda r: (r.recorded, r.id), default=None)


def _winner(root: Event, events: Sequence[Event], index: Mapping[tuple[str, str], Event]) -> Event:
    """The correction of the correction of … an event that is not taken back."""
    corrections = [
        c for c in events if c.type != RETRACTION and c.corrects and aims(c, root) and _taker(c, events, index) is None
    ]
    if not corrections:
        return root
    return _winner(max(corrections, key=lambda c: (c.recorded, c.id)), events, index)
