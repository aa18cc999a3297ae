"""The board's cells at any moment of the past, added up from the ledger's entries as they became known (pure).

No second formula: it is the views' own, kept as running sums, because asking `board` once a minute of a year would take
a day. A contract test holds every column of every cell against the view. Days are ordinals of `date`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import ceil
from typing import Any, NamedTuple

from services.alerts.snapshot import Cell
from shared.catalogue import Catalogue
from shared.catalogue.facts import version as version_of
from shared.schema.publication import facts_for_views

RECENT_DAYS = 30
PAPER, PAPER_REPORT = "casefile_online", "casefile_online.offline_items"
"""T04: a report of paper files is ignored when its unit also sends paper files as events in the report's period."""

Amounts = list[int]
"""num, den, excluded, no_data."""

NOTHING = (0, 0, 0, 0)


class Entry(NamedTuple):
    """A signed entry of the ledger."""

    reading: str
    unit: str
    day: int
    reason: str
    num: int
    den: int
    excluded: int


@dataclass(slots=True)
class _Sums:
    """Sums of one side of a cell: its members, or the unit's own report."""

    to_date: Amounts = field(default_factory=lambda: [0, 0, 0, 0])
    in_period: Amounts = field(default_factory=lambda: [0, 0, 0, 0])
    recent: Amounts = field(default_factory=lambda: [0, 0, 0, 0])


@dataclass(slots=True)
class _Member:
    """Days of one (reading, unit), and the sums that it is part of; `reports` by (reason, day), where one can
    be ignored.
    """

    sides: list[_Sums]
    days: dict[int, Amounts] = field(default_factory=dict)
    reports: dict[tuple[str, int], Amounts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a cell is made of: members, and the unit's own report (empty when it owes none), each with its sums.

    `papers`: units whose reports of paper files may have to be taken back.
    """

    row: dict[str, Any]
    members: tuple[tuple[str, str], ...]
    own: tuple[tuple[str, str], ...]
    papers: tuple[str, ...] = ()
    of_members: _Sums = field(default_factory=_Sums)
    of_own: _Sums = field(default_factory=_Sums)


class Tally:
    """Cells of one period that have a target, as of a local day that only moves on."""

    def __init__(self, catalogue: Catalogue, period: str, as_of: date) -> None:
        self.period, bounds = period, catalogue.periods.parse_period(period)
        self.start, self.end = bounds.start, bounds.end
        self._upto = min(bounds.end, as_of).toordinal()
        self._first = bounds.start.toordinal()
        self._members: dict[tuple[str, str], _Member] = {}
        facts = facts_for_views(catalogue)
        self._spans = {row[0]: (_ordinal(row[1]), _ordinal(row[2])) for row in facts["catalogue_periods"].rows}
        self._shapes = dict(_shapes(facts, bounds.end, catalogue))
        self._cells_of: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._sides_of: dict[tuple[str, str], list[_Sums]] = {}
        for cell, shape in self._shapes.items():
            for side, sums in ((shape.members, shape.of_members), (shape.own, shape.of_own)):
                for member in side:
                    self._cells_of.setdefault(member, []).append(cell)
                    self._sides_of.setdefault(member, []).append(sums)
        self._ignored: dict[str, tuple[Amounts, Amounts, Amounts]] = {}
        self._told: dict[tuple[str, str], None] = {}
        self.touched: set[tuple[str, str]] = set()

    @property
    def as_of(self) -> date:
        """The day up to which entries count: no later than the period's end."""
        return date.fromordinal(self._upto)

    def add(self, entries: Iterable[Entry]) -> None:
        """Entries that became known; those of days to come wait for their day."""
        for entry in entries:
            key = entry.reading, entry.unit
            if (member := self._members.get(key)) is None:
                member = self._members[key] = _Member(self._sides_of.get(key, []))
            missing = entry.den if entry.reason == "no_data" else 0
            amounts = [entry.num, entry.den, entry.excluded, missing]
            _add(member.days.setdefault(entry.day, [0, 0, 0, 0]), amounts)
            if entry.reading == PAPER_REPORT:
                _add(member.reports.setdefault((entry.reason, entry.day), [0, 0, 0, 0]), amounts)
            if entry.reading in {PAPER, PAPER_REPORT}:
                self._ignored.pop(entry.unit, None)
            if entry.day <= self._upto:
                self._count(member, entry.day, amounts)
            for cell in self._cells_of.get(key, ()):
                self.touched.add(cell)
                self._told[cell] = None

    def move_to(self, as_of: date) -> None:
        """Another local day: what waited for it counts, and the oldest of the last 30 days does no longer."""
        for day in range(self._upto + 1, min(self.end, as_of).toordinal() + 1):
            self._upto = day
            for member in self._members.values():
                if day in member.days:
                    self._count(member, day, member.days[day])
                if day - RECENT_DAYS in member.days:
                    for sums in member.sides:
                        _add(sums.recent, [-amount for amount in member.days[day - RECENT_DAYS]])
            self.touched, self._ignored = set(self._told), {}

    def take_touched(self) -> list[tuple[str, str]]:
        """(figure, unit) of every cell that may have moved since it was last asked."""
        taken, self.touched = self.touched, set()
        return sorted(taken)

    def all_cells(self) -> list[tuple[str, str]]:
        """(figure, unit) of every cell with a target of which anything was ever told: the others say nothing."""
        return list(self._told)

    def cell(self, key: tuple[str, str], silent: frozenset[str] = frozenset()) -> Cell | None:
        """The cell as the board shows it; None when it shows none. `silent`: sources that are silent now."""
        shape = self._shapes[key]
        flow = shape.row["is_flow"]
        sums = shape.of_own if self._own_counts(shape) else shape.of_members
        if shape.papers:
            sums = self._without_ignored(shape.papers, sums)
        num, den, excluded, no_data = sums.in_period if flow else sums.to_date
        if not (shape.row["expected"] or den > 0 or excluded > 0):
            return None
        left, gone = self.end.toordinal() - self._upto, max(1, self._upto - self._first + 1)
        return Cell(
            **shape.row["named"],
            period=self.period,
            start=self.start,
            end=self.end,
            as_of=self.as_of,
            num=num,
            den=den,
            no_data=no_data,
            recent_num=sums.recent[0] if flow else None,
            recent_den=sums.recent[1] if flow else None,
            expected_den=ceil(den * left / gone),
            source_silent=not silent.isdisjoint(shape.row["sources"]),
        )

    def cells(self, silent: frozenset[str] = frozenset()) -> Iterator[Cell]:
        """Every cell that the board shows."""
        return (cell for key in self._shapes if (cell := self.cell(key, silent)))

    @staticmethod
    def _own_counts(shape: _Shape) -> bool:
        """The unit's own report, when there is one, outranks its members."""
        own = shape.of_own.in_period if shape.row["is_flow"] else shape.of_own.to_date
        return bool(shape.own) and (own[1] > 0 or not shape.members)

    def _without_ignored(self, units: Iterable[str], sums: _Sums) -> _Sums:
        """Without the reports of paper files that lie in a period with paper files as events."""
        left = _Sums(list(sums.to_date), list(sums.in_period), list(sums.recent))
        for unit in units:
            if (member := self._members.get((PAPER_REPORT, unit))) and member.reports:
                if unit not in self._ignored:
                    self._ignored[unit] = self._taken_back(member, unit)
                for side, amounts in zip((left.to_date, left.in_period, left.recent), self._ignored[unit], strict=True):
                    _add(side, amounts)
        return left

    def _taken_back(self, member: _Member, unit: str) -> tuple[Amounts, Amounts, Amounts]:
        """What the unit's ignored reports add to each sum. Kept until the unit's paper files or the day move."""
        taken = _Sums()
        events = self._members.get((PAPER, unit))
        paper = [day for day, (n, d, *_) in events.days.items() if d > n and day <= self._upto] if events else []
        for (reason, day), (num, den, excluded, _) in member.reports.items():
            first, last = self._spans.get(reason, (1, 0))
            if day <= self._upto and den > 0 and any(first <= one <= last for one in paper):
                amounts = [-num, -den, den - excluded, 0]
                _add(taken.to_date, amounts)
                _add(taken.in_period, amounts if day >= self._first else NOTHING)
                _add(taken.recent, amounts if day > self._upto - RECENT_DAYS else NOTHING)
        return taken.to_date, taken.in_period, taken.recent

    def _count(self, member: _Member, day: int, amounts: Amounts) -> None:
        for sums in member.sides:
            _add(sums.to_date, amounts)
            if day >= self._first:
                _add(sums.in_period, amounts)
            if day > self._upto - RECENT_DAYS:
                _add(sums.recent, amounts)


def _add(into: Amounts, amounts: Sequence[int]) -> None:
    into[0] += amounts[0]
    into[1] += amounts[1]
    into[2] += amounts[2]
    into[3] += amounts[3]


def _ordinal(day: Any) -> int:
    return int(day.toordinal())


def _shapes(facts: Any, end: date, catalogue: Catalogue) -> Iterator[tuple[tuple[str, str], _Shape]]:
    """Cells with a target on the period's end, by (figure, unit)."""
    sides: dict[tuple[Any, Any], tuple[list[Any], list[Any]]] = {}
    for row in _rows(facts["catalogue_rollup"]):
        sides.setdefault((row["figure"], row["unit"]), ([], []))[row["own"]].append((row["reading"], row["member"]))
    version = version_of(catalogue)
    for row in _rows(facts["catalogue_cells"]):
        if row["target"] >= 0 and row["target_from"] <= end <= row["target_to"]:
            key = row["figure"], row["unit"]
            members, own = sides[key]
            papers = tuple(unit for reading, unit in members if reading == PAPER_REPORT)
            yield key, _Shape(row | {"named": _named(row, version, catalogue)}, tuple(members), tuple(own), papers)


def _rows(table: Any) -> Iterator[dict[str, Any]]:
    return (dict(zip(table.columns, row, strict=True)) for row in table.rows)


def _named(row: dict[str, Any], version: str, catalogue: Catalogue) -> dict[str, Any]:
    indicator = catalogue.indicators[row["indicator"]]
    return {
        "indicator": row["indicator"],
        "figure": row["figure"],
        "figure_vi": catalogue.figures[row["figure"]].name_vi,
        "counted_vi": indicator.unit_of_count.vi,
        "unit": row["unit"],
        "unit_vi": catalogue.units[row["unit"]].name_vi,
        "target": row["target"],
        "comparator": row["comparator"],
        "legal_row": row["legal_row"],
        "flags": ("basis_undefined",) if row["basis_undefined"] else (),
        "catalogue_version": version,
    }
