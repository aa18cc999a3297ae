"""What a record says: its entries in the ledger and the fate of each of its events."""

from collections.abc import Mapping
from typing import NamedTuple

from services.scoring.facts import Facts
from services.scoring.fold import Ident, effective
from services.scoring.readings import FAMILIES
from services.scoring.records import Record
from services.scoring.sheet import Amounts, EntryKey, Fate, Sheet


class Evaluation(NamedTuple):
    """`fates` stand in the order of `record.events`."""

    entries: Mapping[EntryKey, Amounts]
    fates: list[Fate]


NOTHING = Evaluation({}, [])
ZERO: Amounts = (0, 0, 0)


def evaluate(facts: Facts, record: Record) -> Evaluation:
    """A pure function of the set of events in the record; entries that sum to nothing are left out."""
    sheet = Sheet()
    family = FAMILIES.get(record.subject.partition("/")[0])
    if record.linked:
        events, link_fates = effective(record.events)
        if family is not None:
            family(facts, record, events, sheet)
        fates = [
            Fate(*link_fates[e.source, e.id], (), ()) if (e.source, e.id) in link_fates else sheet.fate(e)
            for e in record.events
        ]
    else:
        if family is not None:
            family(facts, record, record.events, sheet)
        fates = [sheet.fate(event) for event in record.events]
    entries = sheet.entries
    if ZERO in entries.values():
        entries = {key: amounts for key, amounts in entries.items() if amounts != ZERO}
    return Evaluation(entries, fates)


def contributions(facts: Facts, record: Record) -> Mapping[EntryKey, Amounts]:
    """The record's part in every figure: (reading, unit, day, reason, source, id) → (num, den, excluded)."""
    return evaluate(facts, record).entries


def outcomes(facts: Facts, record: Record) -> dict[Ident, Fate]:
    """(source, id) → outcome, other id, cells and exclusions."""
    fates = evaluate(facts, record).fates
    return {(event.source, event.id): fate for event, fate in zip(record.events, fates, strict=True)}
