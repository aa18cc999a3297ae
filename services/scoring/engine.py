"""The engine: deliveries of a block in, rows and changed records out; no clock, no I/O, nothing kept between calls.

Rows are tuples in the column order of `shared/schema/010_tables.sql`, without `kind`'s mark rows and without the token.
Date columns are days since 1970, DateTime64(6) columns µs, DateTime64(3) columns ms, all as int: clickhouse-connect
writes ints into these columns as they are, without making datetimes of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from importlib.resources import files
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from services.scoring.evaluation import NOTHING, Evaluation, contributions, evaluate, outcomes
from services.scoring.facts import Facts
from services.scoring.records import (
    BEAT,
    CONFLICT,
    DUPLICATE,
    Admission,
    Delivery,
    Kept,
    Record,
    admit,
    decode_record,
    encode_record,
)
from services.scoring.sheet import Amounts, EntryKey, Fate
from shared.contracts.event import Event
from shared.topics import partition_of

__all__ = [
    "Block",
    "Delivery",
    "Record",
    "contributions",
    "decode_record",
    "encode_record",
    "outcomes",
    "process",
    "readings_hash",
    "seed",
]

SEED_OFFSET = -1
"""Below every offset of the log: the mark of a partition that holds nothing but its register."""

REGISTER_PREFIXES = frozenset({"network", "portal", "system"})
"""Subjects that may have contributions before any event."""

CONFLICTING = Fate("conflict", "", (), ())

_json = msgspec.json.Encoder()


class Block(NamedTuple):
    """What a block of deliveries changes."""

    events: list[tuple[Any, ...]]
    """Rows of `events_<v>`, kind first, without token: one per delivery, one per earlier event whose fate changed."""
    ledger: list[tuple[Any, ...]]
    """Rows of `ledger_<v>`, kind first, without token."""
    cells: set[tuple[str, str]]
    """(reading, unit) that moved."""
    records: dict[str, Record]
    """Changed records by subject."""


def process(facts: Facts, records: Mapping[str, Record], deliveries: Sequence[Delivery]) -> Block:
    """Folds the deliveries of a block, given in log order, into the records of their subjects.

    `records` must hold every record known of these subjects; it and its values stay as they are.
    """
    block = Block([], [], set(), {})
    by_subject: dict[str, list[Delivery]] = {}
    for delivery in deliveries:
        by_subject.setdefault(delivery.event.subject, []).append(delivery)
    for subject, group in by_subject.items():
        old = records.get(subject)
        record, admissions, moved = admit(old, group)
        before = _before(facts, subject, old)
        after = evaluate(facts, record) if moved else before
        if record is not old:
            block.records[subject] = record
        if moved:
            last = group[-1]
            at = (last.received, last.partition, last.offset)
            _ledger_rows(block, subject, before.entries, after.entries, at)
        _event_rows(block, record, admissions, before.fates, after.fates)
    return block


def seed(facts: Facts, partition: int, partitions: int) -> Block:
    """Entries of the register's subjects in a partition before any event, at offset −1."""
    block = Block([], [], set(), {})
    for subject in facts.register:
        if partition_of(subject, partitions) == partition:
            entries = evaluate(facts, Record(subject)).entries
            _ledger_rows(block, subject, NOTHING.entries, entries, (0, partition, SEED_OFFSET))
    return block


def readings_hash() -> str:
    """Hash over the source text of everything that decides what a record contributes."""
    scoring = files("services.scoring")
    names = [scoring / name for name in ("evaluation.py", "fold.py", "records.py", "sheet.py")]
    names += sorted((p for p in (scoring / "readings").iterdir() if p.name.endswith(".py")), key=lambda p: p.name)
    digest = blake2b(digest_size=16)
    for name in names:
        digest.update(name.name.encode() + b"\0" + name.read_bytes() + b"\0")
    return digest.hexdigest()


def _before(facts: Facts, subject: str, old: Record | None) -> Evaluation:
    if old is not None:
        return evaluate(facts, old)
    return evaluate(facts, Record(subject)) if subject.partition("/")[0] in REGISTER_PREFIXES else NOTHING


def _ledger_rows(
    block: Block,
    subject: str,
    before: Mapping[EntryKey, Amounts],
    after: Mapping[EntryKey, Amounts],
    position: tuple[int, int, int],
) -> None:
    """`position` is (received, partition, offset)."""
    received, partition, offset = position
    for key, (num, den, excluded) in _differences(before, after):
        reading, unit, day, reason, source, event_id = key
        block.ledger.append(
            ("entry", reading, unit, day, subject, source, event_id, num, den, excluded, reason, received, partition,
             offset)
        )  # fmt: skip
        block.cells.add((reading, unit))


def _differences(
    before: Mapping[EntryKey, Amounts], after: Mapping[EntryKey, Amounts]
) -> Iterable[tuple[EntryKey, Amounts]]:
    """What must be added to `before` to make it `after`."""
    if not before:
        return after.items()
    found: list[tuple[EntryKey, Amounts]] = []
    for key, amounts in after.items():
        was = before.get(key)
        if was is None:
            found.append((key, amounts))
        elif was != amounts:
            found.append((key, (amounts[0] - was[0], amounts[1] - was[1], amounts[2] - was[2])))
    found += [(key, (-was[0], -was[1], -was[2])) for key, was in before.items() if key not in after]
    return found


def _event_rows(
    block: Block,
    record: Record,
    admissions: Sequence[Admission],
    before: Sequence[Fate],
    after: Sequence[Fate],
) -> None:
    """One row per delivery, and one per earlier event with another fate, at the position of what changed it.

    A copy that changes its own event's fate is told by that fate. A conflict never changes one, and is always told.
    """
    changing = [a for a in admissions if a.verdict != CONFLICT]
    cause = next((a for a in reversed(changing) if a.verdict != DUPLICATE), (changing or admissions)[-1])
    told = None
    for index, fate in enumerate(before):
        if after[index] != fate:
            kept = record.events[index]
            block.events.append(_event_row(record.subject, kept, after[index], kept.received, cause.delivery))
            if cause.place == index:
                told = cause
    for admission in admissions:
        if admission is not told:
            at = admission.delivery
            fate = _delivery_fate(admission, after)
            block.events.append(_event_row(record.subject, at.event, fate, at.received, at))


def _delivery_fate(admission: Admission, after: Sequence[Fate]) -> Fate:
    event = admission.delivery.event
    if admission.verdict == BEAT:
        return Fate("noted" if event.data.get("state") == "down" else "counted", "", (), ())
    if admission.verdict == DUPLICATE:
        return replace(after[admission.place], outcome="duplicate", other_id=event.id)
    if admission.verdict == CONFLICT:
        return replace(CONFLICTING, other_id=event.id)
    return after[admission.place]


def _event_row(subject: str, event: Event | Kept, fate: Fate, received: int, at: Delivery) -> tuple[Any, ...]:
    return (
        "event",
        event.source,
        event.id,
        subject,
        event.type,
        event.unit,
        event.time,
        received,
        fate.outcome,
        fate.other_id,
        fate.cells,
        fate.exclusions,
        _json.encode(event.data).decode(),
        at.partition,
        at.offset,
        at.seq,
    )
