"""The board's cells at any moment of the past, added up from the ledger's entries in the order they became known (pure).

No second formula: it is the views' own, kept as running sums, because asking `board` once a minute of a year would take a
day. A contract test holds every column of every cell against the view. Days are ordinals of `date`.
"""

from collections.abc import Iterable, Iterator
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
class _Member:
    """Sums of one (reading, unit); `reports` by (reason, day), kept where a report can be ignored."""

    days: dict[int, Amounts] = field(default_factory=dict)
    reports: dict[tuple[str, int], Amounts] = field(default_factory=dict)
    to_date: Amounts = field(default_factory=lambda: [0, 0, 0, 0])
    in_period: Amounts = field(default_factory=lambda: [0, 0, 0, 0])
    recent: Amounts = field(default_factory=lambda: [0, 0, 0, 0])


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a cell is made of; `sides`: its members, and the unit's own report (empty when it owes none)."""

    row: dict[str, Any]
    members: tuple[tuple[str, str], ...]
    own: tuple[tuple[str, str], ...]


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
        for cell, shape in self._shapes.items():
            for member in shape.members + shape.own:
                self._cells_of.setdefault(member, []).append(cell)
        self.touched: set[tuple[str, str]] = set(self._shapes)

    @property
    def as_of(self) -> date:
        """The day up to which entries count: no later than the period's end."""
        return date.fromordinal(self._upto)

    def add(self, entries: Iterable[Entry]) -> None:
        """Entries that became known; those of days to come wait for their day."""
        for entry in entries:
            member = self._members.setdefault((entry.reading, entry.unit), _Member())
            missing = entry.den if entry.reason == "no_data" else 0
            amounts = [entry.num, entry.den, entry.excluded, missing]
            _add(member.days.setdefault(entry.day, [0, 0, 0, 0]), amounts)
            if entry.reading == PAPER_REPORT:
                _add(member.reports.setdefault((entry.reason, entry.day), [0, 0, 0, 0]), amounts)
            if entry.day <= self._upto:
                self._count(member, entry.day, amounts)
            self.touched.update(self._cells_of.get((entry.reading, entry.unit), ()))

    def move_to(self, as_of: date) -> None:
        """Another local day: what waited for it counts, and the oldest of the last 30 days does no longer."""
        for day in range(self._upto + 1, min(self.end, as_of).toordinal() + 1):
            self._upto = day
            for member in self._members.values():
                if day in member.days:
                    self._count(member, day, member.days[day])
                if day - RECENT_DAYS in member.days:
                    _add(member.recent, [-amount for amount in member.days[day - RECENT_DAYS]])
            self.touched = set(self._shapes)

    def take_touched(self) -> list[tuple[str, str]]:
        """(figure, unit) of every cell that may have moved since it was last asked; the first time all."""
        taken, self.touched = self.touched, set()
        return sorted(taken)

    def all_cells(self) -> list[tuple[str, str]]:
        """(figure, unit) of every cell that has a target, shown or not."""
        return list(self._shapes)

    def cell(self, key: tuple[str, str], silent: frozenset[str] = frozenset()) -> Cell | None:
        """The cell as the board shows it; None when it shows none. `silent`: sources that are silent now."""
        shape = self._shapes[key]
        sides = [self._sums(side) for side in (shape.own, shape.members) if side]
        total, recent = sides[0] if len(sides) == 1 or (shape.own and self._den(sides[0], shape)) else sides[1]
        flow = shape.row["is_flow"]
        num, den, excluded, no_data = total[1] if flow else total[0]
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
            recent_num=recent[0] if flow else None,
            recent_den=recent[1] if flow else None,
            expected_den=ceil(den * left / gone),
            source_silent=not silent.isdisjoint(shape.row["sources"]),
        )

    def cells(self, silent: frozenset[str] = frozenset()) -> Iterator[Cell]:
        """Every cell that the board shows."""
        return (cell for key in self._shapes if (cell := self.cell(key, silent)))

    def _den(self, side: tuple[tuple[Amounts, Amounts], Amounts], shape: _Shape) -> int:
        return side[0][1 if shape.row["is_flow"] else 0][1]

    def _sums(self, side: Iterable[tuple[str, str]]) -> tuple[tuple[Amounts, Amounts], Amounts]:
        """((to date, in the period), the last 30 days)."""
        sums = [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]
        for key in side:
            if member := self._members.get(key):
                for into, amounts in zip(sums, (member.to_date, member.in_period, member.recent), strict=True):
                    _add(into, amounts)
                if member.reports:
                    self._take_back(member, key[1], sums)
        return (sums[0], sums[1]), sums[2]

    def _take_back(self, member: _Member, unit: str, sums: tuple[Amounts, Amounts, Amounts]) -> None:
        events = self._members.get((PAPER, unit))
        paper = [day for day, (n, d, *_) in events.days.items() if d > n and day <= self._upto] if events else []
        for (reason, day), (num, den, excluded, _) in member.reports.items():
            first, last = self._spans.get(reason, (1, 0))
            if day <= self._upto and den > 0 and any(first <= one <= last for one in paper):
                for into, counts in zip(sums, (True, day >= self._first, day > self._upto - RECENT_DAYS), strict=True):
                    if counts:
                        _add(into, [-num, -den, den - excluded, 0])

    def _count(self, member: _Member, day: int, amounts: Amounts) -> None:
        _add(member.to_date, amounts)
        if day >= self._first:
            _add(member.in_period, amounts)
        if day > self._upto - RECENT_DAYS:
            _add(member.recent, amounts)


def _add(into: Amounts, amounts: Iterable[int]) -> None:
    for place, amount in enumerate(amounts):
        into[place] += amount


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
            yield key, _Shape(row | {"named": _named(row, version, catalogue)}, tuple(members), tuple(own))


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
