"""The slice of the catalogue that readings see. Targets, leads and names are not in it: they never enter the ledger."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from hashlib import blake2b
from typing import Self

import msgspec

from shared.catalogue import Catalogue

PERIOD_YEARS = range(2025, 2041)
"""Years whose periods a count may name: enough of them that the hash does not move with every new year."""


@dataclass(frozen=True)
class Tenure:
    """A register's entity: the unit that answers for it, and its local days in the register (`until` included)."""

    unit: str
    since: int
    until: int | None = None


@dataclass(frozen=True)
class SystemFact:
    """An information system of the catalogue and where it stood at the plan's start."""

    unit: str
    lifecycle: str
    since: int
    until: int | None = None


@dataclass(frozen=True)
class Facts:
    """Days are local days since 1970; `periods` holds code → (first, last) day, both included; keys are codes."""

    checklists: tuple[tuple[int, str], ...] = ()
    """(first day, version), ascending: under which an assessment of a portal counts."""
    state_agencies: Mapping[str, Tenure] = field(default_factory=dict)
    portals: Mapping[str, Tenure] = field(default_factory=dict)
    systems: Mapping[str, SystemFact] = field(default_factory=dict)
    report_codes: frozenset[str] = frozenset()
    periods: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def from_catalogue(cls, catalogue: Catalogue) -> Self:
        """The facts of a checked catalogue."""
        portals, systems = catalogue.registered_portals(), catalogue.registered_systems()
        return cls(
            checklists=tuple(sorted((_day(row.valid_from), row.version) for row in catalogue.checklists)),
            state_agencies=_agencies(catalogue),
            portals={p.code: Tenure(p.unit, _day(p.valid_from), _last(p.valid_to)) for p in portals},
            systems={s.code: SystemFact(s.owner, s.lifecycle, _day(s.valid_from), _last(s.valid_to)) for s in systems},
            report_codes=frozenset(catalogue.reports),
            periods={
                period.code: (_day(period.start), _day(period.end))
                for year in PERIOD_YEARS
                for period in catalogue.periods.periods_of(year)
            },
        )

    @cached_property
    def hash(self) -> str:
        """Changes with any fact that enters contributions; a projection filled under another hash must be rebuilt."""
        content = asdict(self) | {"report_codes": sorted(self.report_codes)}
        return blake2b(msgspec.json.encode(content, order="deterministic"), digest_size=16).hexdigest()

    def checklist_on(self, day: int) -> str:
        """Version of the checklist in force on a local day; "" before the first."""
        return next((version for since, version in reversed(self.checklists) if since <= day), "")

    @cached_property
    def register(self) -> tuple[str, ...]:
        """Subjects that are in a denominator before any event."""
        return (
            *(f"network/{unit}" for unit in self.state_agencies),
            *(f"portal/{code}" for code in self.portals),
            *(f"system/{code}" for code, system in self.systems.items() if system.lifecycle == "in_use"),
        )


def _day(day: date) -> int:
    return day.toordinal() - _EPOCH_ORDINAL


def _last(day: date | None) -> int | None:
    return None if day is None else _day(day)


def _agencies(catalogue: Catalogue) -> dict[str, Tenure]:
    """Each state agency's days in the register: from the first day on which it is a member to the last."""
    dated = [part for group in catalogue.groups.values() for part in group.lists] + list(catalogue.units.values())
    turns = {row.valid_from for row in dated} | {row.valid_to + timedelta(days=1) for row in dated if row.valid_to}
    tenures: dict[str, Tenure] = {}
    members: set[str] = set()
    for turn in sorted(turns):
        now = set(catalogue.state_agencies(turn))
        for unit in members - now:
            tenures[unit] = replace(tenures[unit], until=_day(turn) - 1)
        for unit in now - members:
            tenures[unit] = Tenure(unit, tenures[unit].since if unit in tenures else _day(turn))
        members = now
    return tenures


_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
