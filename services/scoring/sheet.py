"""The sheet that readings write on: entries of one record, and what each event did."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from services.scoring.fold import Ident
from services.scoring.records import Kept

EntryKey = tuple[str, str, int, str, str, str]
"""(reading, unit, day, reason, source, id); `day` in days since 1970."""

Amounts = tuple[int, int, int]
"""(num, den, excluded)"""

Cell = tuple[str, str, int, int, int]
"""(reading, unit, day, num, den) of an event's row."""

HIT: Amounts = (1, 1, 0)
MISS: Amounts = (0, 1, 0)
OUT: Amounts = (0, 0, 1)

NO_DATA = "no_data"
STALE = "stale"
AWAITING_RECEIVED = "awaiting_received"

LAST_DAY = 65_535
"""Largest day of a ClickHouse Date (2149-06-06): an instant beyond it is entered on that day."""

CATALOGUE = Kept("", "", "", 0, "", 0, "", b"", {}, 0)
"""Owner of entries that rest on the catalogue alone: empty source and id."""


class Fate(msgspec.Struct, frozen=True, gc=False):
    """What became of an event: outcome, the other event's id, the cells it decides, (reading, reason) exclusions."""

    outcome: str
    other_id: str
    cells: tuple[Cell, ...]
    exclusions: tuple[tuple[str, str], ...]


SUPERSEDED = "superseded"
NOTED = Fate("noted", "", (), ())


class State(NamedTuple):
    """A subject's part in a stock on a day, and the event that brought it about."""

    unit: str
    amounts: Amounts
    reason: str
    owner: Kept


Points = list[tuple[int, State | None]]
"""Local day → the state from then on; None = not there."""


class Sheet:
    """Collects the entries of one record; the owner of an entry is the event whose moment and unit it carries."""

    __slots__ = ("cells", "entries", "exclusions", "greater", "outcomes")

    def __init__(self) -> None:
        self.entries: dict[EntryKey, Amounts] = {}
        self.cells: dict[Ident, list[Cell]] = {}
        self.exclusions: dict[Ident, list[tuple[str, str]]] = {}
        self.outcomes: dict[Ident, str] = {}
        self.greater: dict[Ident, Kept] = {}

    def count(self, reading: str, unit: str, day: int, amounts: Amounts, owner: Kept, reason: str = "") -> None:
        """An entry in the rate, and the cell of its owner."""
        day = day if 0 <= day <= LAST_DAY else _within_date(day)
        self._enter((reading, unit, day, reason, owner.source, owner.id), amounts)
        self.share(owner, (reading, unit, day, amounts[0], amounts[1]))

    def exclude(self, reading: str, unit: str, day: int, reason: str, owner: Kept) -> None:
        """An entry of one case that is seen but not in the rate."""
        day = _within_date(day)
        self._enter((reading, unit, day, reason, owner.source, owner.id), OUT)
        self.find(owner, reading, reason)

    def share(self, event: Kept, cell: Cell) -> None:
        """A cell that the event decides, as owner or as evidence."""
        ident = (event.source, event.id)
        cells = self.cells.get(ident)
        if cells is None:
            self.cells[ident] = [cell]
        else:
            cells.append(cell)

    def find(self, event: Kept, reading: str, reason: str) -> None:
        """A finding on the event's row, without an entry."""
        findings = self.exclusions.setdefault((event.source, event.id), [])
        if (reading, reason) not in findings:
            findings.append((reading, reason))

    def supersede(self, event: Kept, by: Kept) -> None:
        """The event has no effect beside a greater one of its kind, which may itself be superseded."""
        self.outcomes[event.source, event.id] = SUPERSEDED
        self.greater[event.source, event.id] = by

    def wait(self, event: Kept) -> None:
        """The event moves a figure only once another one has come."""
        self.outcomes[event.source, event.id] = "pending"

    def end(self, reading: str, state: State, day: int) -> None:
        """Takes a stock's state back from `day` on."""
        num, den, excluded = state.amounts
        key = (reading, state.unit, _within_date(day), state.reason, state.owner.source, state.owner.id)
        self._enter(key, (-num, -den, -excluded))

    def begin(self, reading: str, state: State, day: int, tell: bool) -> None:
        """A stock's state from `day` on; `tell`: it goes on the owner's row."""
        day = _within_date(day)
        owner, (num, den, excluded) = state.owner, state.amounts
        self._enter((reading, state.unit, day, state.reason, owner.source, owner.id), state.amounts)
        if excluded:
            self.find(owner, reading, state.reason)
        elif tell:
            self.share(owner, (reading, state.unit, day, num, den))

    def _enter(self, key: EntryKey, amounts: Amounts) -> None:
        before = self.entries.get(key)
        if before is not None:
            amounts = (before[0] + amounts[0], before[1] + amounts[1], before[2] + amounts[2])
        self.entries[key] = amounts

    def fate(self, event: Kept) -> Fate:
        """The outcome of an effective event once all readings have written."""
        ident = (event.source, event.id)
        cells, exclusions = self.cells.get(ident), self.exclusions.get(ident)
        if cells is not None:
            return Fate("counted", "", tuple(cells), () if exclusions is None else tuple(exclusions))
        outcome = self.outcomes.get(ident)
        if outcome == SUPERSEDED:
            return Fate(SUPERSEDED, self._standing(ident).id, (), tuple(exclusions or ()))
        if exclusions is None:
            return NOTED if outcome is None else Fate(outcome, "", (), ())
        waits = exclusions[0][1] == AWAITING_RECEIVED
        return Fate("pending" if waits else "excluded", "", (), tuple(exclusions))

    def _standing(self, ident: Ident) -> Kept:
        """The one that stands in the end: independent of the order in which the others were compared."""
        path, standing = [ident], self.greater[ident]
        while (standing.source, standing.id) in self.greater:
            path.append((standing.source, standing.id))
            standing = self.greater[path[-1]]
        self.greater.update(dict.fromkeys(path, standing))  # so that a long chain is walked once
        return standing


def _within_date(day: int) -> int:
    return min(max(day, 0), LAST_DAY)


def steps(sheet: Sheet, reading: str, points: Iterable[tuple[int, State | None]]) -> None:
    """Writes a step function as differences: on each day of change −old and +new, so that a sum to D is its value.

    `points` ascend by day with one state (None = not there) per day, which holds until the next point. An event's row
    tells the state that it brought about at first, not what time alone makes of it later.
    """
    before: State | None = None
    for day, state in points:
        if state == before:
            continue
        if before is not None:
            sheet.end(reading, before, day)
        if state is not None:
            sheet.begin(reading, state, day, tell=before is None or before.owner is not state.owner)
        before = state


def within(points: Points, until: int | None) -> Points:
    """The points of a register's entity, which is gone from the day after `until`."""
    if until is None:
        return points
    return [*(point for point in points if point[0] <= until), (until + 1, None)]
