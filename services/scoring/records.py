"""The record of a subject: every distinct event ever seen for it, in the order of first arrival, and heartbeat bits."""

from collections.abc import Sequence
from typing import Any

import msgspec

from shared.contracts.event import ALL_UNITS, Event
from shared.contracts.platform import DISPLACED

HEARTBEAT = "system.heartbeat"
ALIVE = frozenset({"up", "degraded"})
"""States of a heartbeat that are a sign of monitoring; `down` sets no bit."""


LINKS = frozenset({"event.retracted", DISPLACED})
"""Types that act on another event of the record."""


class Delivery(msgspec.Struct, frozen=True, gc=False):
    """One event of one envelope as it stands in the log; `received` in ms, `seq` = index within the envelope."""

    event: Event
    received: int
    partition: int
    offset: int
    seq: int


class Kept(msgspec.Struct, array_like=True, gc=False):
    """An event in its record: `Event` without the subject, with the `received` (ms) of its first delivery.

    `recorded` is the earliest `recordedtime` of all its deliveries, and `reach` joins what their senders reached: the
    content leaves both out, so that they must not depend on which of two duplicates came first.
    """

    source: str
    id: str
    type: str
    time: int
    unit: str
    recorded: int
    corrects: str
    content: bytes
    data: dict[str, Any]
    received: int
    reach: tuple[str, ...] = ()


class Record(msgspec.Struct, array_like=True, gc=False):
    """What is known of one subject. Everything that is counted is a function of this and the catalogue's facts."""

    subject: str
    events: list[Kept] = []
    """First content of each (source, id), never removed, so that an index stays valid."""
    conflicts: list[Kept] = []
    """Other contents under an (source, id) already taken; without effect."""
    linked: bool = False
    """True once any event corrects, retracts or displaces: only then is the fold more than the list itself."""
    beats: list[tuple[int, int]] = []
    """Local days with a heartbeat up or degraded, as sorted runs [first, last] that neither touch nor overlap."""
    last_beat: int = 0
    """Time (µs) of the newest such heartbeat."""


class Admission(msgspec.Struct, frozen=True, gc=False):
    """What became of one delivery: its event's index in the record (`place`), and whether it was there already.

    `place` −1: a heartbeat, which is kept as a bit.
    """

    delivery: Delivery
    place: int
    verdict: str


NEW, DUPLICATE, CONFLICT, BEAT = "new", "duplicate", "conflict", "beat"

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Record)


def encode_record(record: Record) -> bytes:
    """MessagePack bytes for the local store."""
    return _encoder.encode(record)


def decode_record(data: bytes) -> Record:
    """Raises `msgspec.DecodeError` for bytes that are no record."""
    return _decoder.decode(data)


def order(event: Kept) -> tuple[int, int, str, str]:
    """The order of latest state: `time`, then `recordedtime`, then `id`; the source last, so that no two are equal."""
    return (event.time, event.recorded, event.id, event.source)


def admit(old: Record | None, deliveries: Sequence[Delivery]) -> tuple[Record, list[Admission], bool]:
    """The record after deliveries of its subject, each one's admission, and whether what is counted may have moved.

    `old` stays as it is; the same object is returned when nothing at all changed.
    """
    subject = deliveries[0].event.subject
    record = Record(subject) if old is None else msgspec.structs.replace(old, events=list(old.events))
    known = {(kept.source, kept.id): index for index, kept in enumerate(record.events)}
    admissions, kept_changes, moved = [], False, False
    for delivery in deliveries:
        event = delivery.event
        if event.type == HEARTBEAT:
            bit, newer = _beat(record, event)
            moved |= bit
            kept_changes |= newer
            admissions.append(Admission(delivery, -1, BEAT))
            continue
        index = known.get((event.source, event.id), -1)
        if index < 0:
            known[event.source, event.id] = index = len(record.events)
            record.events.append(_kept(delivery))
            record.linked = record.linked or event.corrects != "" or event.type in LINKS
            moved = True
            admissions.append(Admission(delivery, index, NEW))
        elif record.events[index].content == event.content:
            moved |= _merged(record, index, event)
            admissions.append(Admission(delivery, index, DUPLICATE))
        else:
            kept_changes |= _conflict(record, delivery)
            admissions.append(Admission(delivery, index, CONFLICT))
    if old is not None and not (moved or kept_changes):
        return old, admissions, False
    return record, admissions, moved


def _kept(delivery: Delivery) -> Kept:
    e = delivery.event
    reach = _joined(e.reach, ()) if e.reach else ()
    return Kept(
        e.source, e.id, e.type, e.time, e.unit, e.recorded, e.corrects, e.content, e.data, delivery.received, reach
    )


def _merged(record: Record, index: int, again: Event) -> bool:
    """Takes over what a duplicate says that the content leaves out; whether that changed anything."""
    kept = record.events[index]
    recorded, reach = min(kept.recorded, again.recorded), _joined(kept.reach, again.reach)
    if (recorded, reach) == (kept.recorded, kept.reach):
        return False
    record.events[index] = msgspec.structs.replace(kept, recorded=recorded, reach=reach)
    return True


def _joined(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    if not (one or other):
        return ()
    return ALL_UNITS if ALL_UNITS in (one, other) else tuple(sorted({*one, *other}))


def _conflict(record: Record, delivery: Delivery) -> bool:
    event = delivery.event
    for other in record.conflicts:
        if (other.source, other.id, other.content) == (event.source, event.id, event.content):
            return False
    record.conflicts = [*record.conflicts, _kept(delivery)]
    return True


def _beat(record: Record, event: Event) -> tuple[bool, bool]:
    """(a new day has its bit, the record changed at all)."""
    if event.data.get("state") not in ALIVE:
        return False, False
    runs = with_day(record.beats, event.day)
    bit, newer = runs is not record.beats, event.time > record.last_beat
    record.beats = runs
    record.last_beat = max(record.last_beat, event.time)
    return bit, bit or newer


def with_day(runs: list[tuple[int, int]], day: int) -> list[tuple[int, int]]:
    """Sorted runs that hold `day` too; the same list when they already do."""
    for first, last in reversed(runs):
        if first <= day <= last:
            return runs
        if last < day - 1:
            break
    days: list[tuple[int, int]] = []
    for first, last in sorted([*runs, (day, day)]):
        if days and first <= days[-1][1] + 1:
            days[-1] = (days[-1][0], max(days[-1][1], last))
        else:
            days.append((first, last))
    return days
