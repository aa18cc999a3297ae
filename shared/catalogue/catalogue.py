"""The loaded catalogue: facts by code, groups by day, and what each system may send."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from shared.catalogue import models
from shared.catalogue.periods import PeriodTable
from shared.catalogue.rules_register import RETRACTION
from shared.catalogue.text import fold
from shared.catalogue.working_days import WorkingCalendar

STATE_AGENCIES = "co-quan-nha-nuoc"
"""The group that is the register of T01."""


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Immutable facts; mappings keep the order in which things are listed. Unknown codes raise `KeyError`."""

    units: Mapping[str, models.Unit]
    groups: Mapping[str, models.Group]
    indicators: Mapping[str, models.Indicator]
    systems: Mapping[str, models.System]
    portals: Mapping[str, models.Portal]
    checklists: tuple[models.Checklist, ...]
    reports: Mapping[str, models.RequiredReport]
    annex_01: tuple[models.AnnexRow, ...]
    annex_02: tuple[models.AssignedRow, ...]
    annex_02_points: Mapping[str, models.Point]
    annex_03_common: tuple[models.CommonTasks, ...]
    annex_03: tuple[models.UnitTasks, ...]
    period_rules: tuple[tuple[models.CalendarRule, ...], tuple[models.PeriodRule, ...]]
    yearly_holidays: tuple[models.YearlyHoliday, ...]
    holidays: tuple[models.Holiday, ...]
    make_up_days: tuple[models.MakeUpDay, ...]
    periods: PeriodTable = field(init=False)
    working_days: WorkingCalendar = field(init=False)
    figures: Mapping[str, models.Figure] = field(init=False)
    province: str = field(init=False)
    _indicator_of: Mapping[str, models.Indicator] = field(init=False)
    _by_code: Mapping[str, models.Indicator] = field(init=False)
    _members: dict[tuple[str, date | None], tuple[str, ...]] = field(init=False, default_factory=dict)
    _folded: Mapping[str, tuple[str, ...]] = field(init=False)
    _sendable: Mapping[str, frozenset[str]] = field(init=False)

    def __post_init__(self) -> None:
        """Build the indexes; the class is frozen, so they are set past its guard."""
        figures = [(figure, row) for row in self.indicators.values() for figure in row.figures]
        derived: dict[str, object] = {
            "periods": PeriodTable(*self.period_rules),
            "working_days": WorkingCalendar(self.yearly_holidays, self.holidays, self.make_up_days),
            "figures": {figure.code: figure for figure, _ in figures},
            "province": next((u.code for u in self.units.values() if u.kind == "province"), ""),
            "_indicator_of": {figure.code: row for figure, row in figures},
            "_by_code": {row.code: row for row in self.indicators.values()},
            "_folded": {code: _folded_names(unit) for code, unit in self.units.items()},
            "_sendable": {s.code: frozenset({*s.emits, RETRACTION}) for s in self.systems.values() if s.emits},
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    def unit(self, code: str) -> models.Unit:
        """The unit of the code."""
        return self.units[code]

    def indicator(self, slug_or_code: str) -> models.Indicator:
        """The indicator by its slug, or by its code such as T09."""
        return self._by_code.get(slug_or_code) or self.indicators[slug_or_code]

    def figure(self, code: str) -> models.Figure:
        """The figure of the code; an indicator's only figure has its slug."""
        return self.figures[code]

    def indicator_of(self, figure: str) -> models.Indicator:
        """The indicator that a figure belongs to."""
        return self._indicator_of[figure]

    def system(self, code: str) -> models.System:
        """The system of the code."""
        return self.systems[code]

    def cells_of(self, figure: str, day: date | None = None) -> dict[str, bool]:
        """Unit code → whether the cell is always shown (else only with data), in list order, province first."""
        row, indicator = self.figures[figure], self._indicator_of[figure]
        expected = set(self.expand(indicator.scope, day))
        units = self.expand((*indicator.scope, *indicator.scope_if_data), day) if row.cells != "province" else ()
        province = {self.province: True} if row.cells != "units" else {}
        return province | {unit: unit in expected for unit in units}

    def members_of(self, figure: str) -> tuple[str, ...]:
        """Units whose sums belong to the province's cell: of any time, so that nothing counted is left out."""
        level = self.figures[figure].level
        return tuple(
            u.code
            for u in self.units.values()
            if u.kind != "elsewhere" and (level == "all" or (u.level == "commune") == (level == "commune"))
        )

    def targets_of(self, figure: str, unit: str) -> tuple[models.Target, ...]:
        """Target values of a cell, of all dates; none when the figure is only shown.

        The province's cell is measured against the figure's level, a unit's cell against the unit's own.
        """
        row = self.figures[figure]
        wanted = {row.level} if unit == self.province else {"all", self.units[unit].level}
        targets = self._indicator_of[figure].targets if row.targeted else ()
        return tuple(target for target in targets if target.level in wanted)

    def checklist_version(self, day: date | None = None) -> str:
        """The checklist that portals are assessed by on a day (without a day, the newest); "" when there is none."""
        valid = [row for row in self.checklists if day is None or row.valid_on(day)]
        return max(valid, key=lambda row: row.valid_from).version if valid else ""

    def readings(self) -> tuple[str, ...]:
        """Every `reading` that the ledger may hold."""
        return tuple(dict.fromkeys(reading for figure in self.figures.values() for reading in figure.readings))

    def group_members(self, code: str, day: date | None = None) -> tuple[str, ...]:
        """Codes of the units of a group on a local day, in list order; without a day, of any time."""
        key = (code, day)
        if key not in self._members:
            found = self._resolve(self.groups[code], day)
            self._members[key] = tuple(unit for unit in self.units if unit in found)
        return self._members[key]

    def expand(self, codes: Iterable[str], day: date | None = None) -> tuple[str, ...]:
        """Units that the codes of units and groups stand for, in list order."""
        found: set[str] = set()
        for code in codes:
            found.update(self.group_members(code, day) if code in self.groups else self._valid([code], day))
        return tuple(unit for unit in self.units if unit in found)

    def units_for(self, system: str, day: date | None = None) -> tuple[str, ...]:
        """Units that a system may speak for."""
        return self.expand(self.systems[system].speaks_for, day)

    def may_emit(self, system: str, event_type: str) -> bool:
        """Whether a system may send the type; an emitter may always retract. An unknown system may not."""
        return event_type in self._sendable.get(system, ())

    def state_agencies(self, day: date | None = None) -> tuple[str, ...]:
        """The register of T01."""
        return self.group_members(STATE_AGENCIES, day)

    def registered_portals(self, day: date | None = None) -> tuple[models.Portal, ...]:
        """The register of T15: information portals."""
        rows = (row for row in self.portals.values() if row.serves == "information")
        return tuple(row for row in rows if day is None or row.valid_on(day))

    def registered_systems(self, day: date | None = None) -> tuple[models.System, ...]:
        """The register of T21 and T22, whatever the life cycle; `system.changed` moves it on."""
        rows = (row for row in self.systems.values() if row.registered)
        return tuple(row for row in rows if day is None or row.valid_on(day))

    def find_units(self, words: str) -> tuple[models.Unit, ...]:
        """Units of which a name or alias holds the words, marks and case ignored."""
        wanted = fold(words)
        return tuple(self.units[code] for code, names in self._folded.items() if any(wanted in name for name in names))

    def name_of(self, code: str) -> str:
        """Vietnamese name of a unit or group."""
        return self.groups[code].name_vi if code in self.groups else self.units[code].name_vi

    def _valid(self, codes: Iterable[str], day: date | None) -> set[str]:
        return {code for code in codes if day is None or self.units[code].valid_on(day)}

    def _resolve(self, group: models.Group, day: date | None) -> set[str]:
        found: set[str] = set()
        for part in group.lists:
            if day is None or part.valid_on(day):
                found.update(self.expand(part.members, day))
                found.update(self._valid(self._derived(part.derived, day), day))
        return found

    def _derived(self, register: str | None, day: date | None) -> Iterable[str]:
        match register:
            case "communes":
                return [unit.code for unit in self.units.values() if unit.level == "commune"]
            case "system_owners":
                return [system.owner for system in self.registered_systems(day)]
            case "information_portal_units":
                return [portal.unit for portal in self.registered_portals(day)]
            case "service_portal_units":
                return [portal.unit for portal in self.portals.values() if portal.serves == "services"]
            case "all_units":
                return [unit.code for unit in self.units.values() if unit.kind != "elsewhere"]
            case _:
                return []


def _folded_names(unit: models.Unit) -> tuple[str, ...]:
    return tuple(fold(name) for name in (unit.name_vi, unit.short_vi, unit.code, *unit.aliases))
