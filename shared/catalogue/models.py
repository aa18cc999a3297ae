"""The rows of the catalogue's files: frozen, strict, and closed to fields that are not declared."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictStr, StringConstraints


class Row(BaseModel):
    """One row of a file; a field that is not declared is a fault, never ignored."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


def _day(value: object) -> object:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Day = Annotated[date, BeforeValidator(_day)]
Code = Annotated[StrictStr, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,39}$")]
"""Readable and at most 40 characters, so that it fits in every event field and URL."""

FigureCode = Annotated[StrictStr, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}(\.[a-z_]{1,30})?$")]
Text = Annotated[StrictStr, StringConstraints(min_length=1, strip_whitespace=False)]
Codes = Annotated[tuple[Code, ...], BeforeValidator(_tuple)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_tuple)]
FigureCodes = Annotated[tuple[FigureCode, ...], BeforeValidator(_tuple)]

Level = Literal["province", "commune", "external"]
TargetLevel = Literal["all", "province", "commune"]
Comparator = Literal[">=", ">", "="]
UnitKind = Literal[
    "province", "department", "police", "military", "agency", "centre", "public_service", "association", "party",
    "central", "enterprise_group", "elsewhere", "phuong", "xa",
]  # fmt: skip
"""`elsewhere` stands for every body that is no unit of the plan: it can be named, and nothing counts for it."""


class Dated(Row):
    """Valid from the first to the last day, both included; no last day = still valid."""

    valid_from: Day
    valid_to: Day | None = None

    def valid_on(self, day: date) -> bool:
        """Whether `day` lies within the dates."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Unit(Dated):
    """A unit, matched by `code` alone; `position` is its place in every list."""

    code: Code
    level: Level
    kind: UnitKind
    name_vi: Text
    name_en: str = ""
    short_vi: Text
    aliases: Texts = ()
    parent: Code | None = None
    statistical_code: str | None = None
    position: int = 0


class Commune(Dated):
    """A commune as its file states it; `as_unit` gives the unit with its derived names."""

    code: Code
    statistical_code: Annotated[StrictStr, StringConstraints(pattern=r"^\d{5}$")]
    kind: Literal["phuong", "xa"]
    name: Text
    aliases: Texts = ()

    def as_unit(self, province: str | None) -> Unit:
        """The unit whose parent is `province`."""
        word_vi, word_en = {"phuong": ("Phường", "Ward"), "xa": ("Xã", "Commune")}[self.kind]
        names = (self.name, *self.aliases)
        aliases = [f"{word_vi} {name}" for name in self.aliases]
        aliases += [f"UBND {word_vi.lower()} {name}" for name in names]
        return Unit(
            code=self.code,
            level="commune",
            kind=self.kind,
            name_vi=f"{word_vi} {self.name}",
            name_en=f"{self.name} {word_en}",
            short_vi=self.name,
            aliases=tuple(aliases),
            parent=province,
            statistical_code=self.statistical_code,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
        )


class GroupList(Dated):
    """A dated list of a group: codes of units or groups, or derived from a register."""

    members: Codes = ()
    derived: (
        Literal["communes", "system_owners", "information_portal_units", "service_portal_units", "all_units"] | None
    ) = None


class Group(Row):
    """A named group of units, as dated lists."""

    code: Code
    name_vi: Text
    name_en: str = ""
    note_vi: str = ""
    lists: Annotated[tuple[GroupList, ...], BeforeValidator(_tuple), Field(min_length=1)]


class Target(Dated):
    """One target value of the plan, in whole percent, for the units of `level`."""

    value: Annotated[int, Field(ge=0, le=100)]
    comparator: Comparator
    level: TargetLevel = "all"
    legal_row: Text


class Figure(Row):
    """What is measured: the sum of `readings` of the ledger.

    `cells`: shown for the units, for the province, or both. `level`: members of the province's cell.
    `targeted` false: shown beside, never measured against a target. `basis`: one of several bases of which the
    official one is a setting.
    """

    code: FigureCode
    name_vi: Text
    name_en: Text
    readings: FigureCodes = ()
    cells: Literal["all", "units", "province"] = "all"
    level: TargetLevel = "all"
    targeted: bool = True
    basis: Literal["number", "value"] | None = None


class UnitOfCount(Row):
    """What is counted, in both languages."""

    vi: Text
    en: Text


class Indicator(Row):
    """One indicator of the plan, with the notes that say how it was read."""

    code: Annotated[StrictStr, StringConstraints(pattern=r"^T\d{2}$")]
    slug: Annotated[StrictStr, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
    name_vi: Text
    name_en: Text
    text_vi: Text
    annex_row: Annotated[StrictStr, StringConstraints(pattern=r"^\d{1,2}[a-z]?$")] | None
    section: Text
    legal_basis: Text
    kind: Literal["flow", "stock", "reported"]
    reported_as: Literal["flow", "stock"] | None = None
    register_of: Annotated[Literal["agencies", "portals", "systems"] | None, Field(alias="register")] = None
    feeds: Texts
    lead: Codes
    coordinating: Codes
    exclusions_vi: str = ""
    unit_of_count: UnitOfCount
    scope: Codes
    scope_if_data: Codes = ()
    targets: Annotated[tuple[Target, ...], BeforeValidator(_tuple)]
    figures: Annotated[tuple[Figure, ...], BeforeValidator(_tuple)] = ()
    note_vi: Text
    note_en: Text

    @property
    def measured_as(self) -> Literal["flow", "stock"]:
        """Whether its figures are summed over a period or stand as of a day."""
        return self.reported_as or ("flow" if self.kind == "flow" else "stock")

    @property
    def annex_number(self) -> int | None:
        """Row of annex 01 without its letter, or None when the indicator stands in the body only."""
        return int(self.annex_row.rstrip("abcdefghijklmnopqrstuvwxyz")) if self.annex_row else None


class System(Dated):
    """An information system: its owner, what it may send and for whom, and when its silence means something."""

    code: Code
    name_vi: Text
    name_en: str = ""
    aliases: Texts = ()
    owner: Code
    owner_note_vi: str = ""
    operator: Code | None = None
    annex_item: str = ""
    lifecycle: Literal["planned", "building", "in_use", "retired"]
    level: Annotated[int, Field(ge=1, le=5)] | None = None
    registered: bool = True
    emits: Texts = ()
    speaks_for: Codes = ()
    cadence_working_days: Annotated[int, Field(ge=1, le=90)] | None = None
    cadence_minutes: Annotated[int, Field(ge=1, le=1440)] | None = None
    heartbeat_ttl_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    """How old the newest heartbeat may be before the SOC's alert, not before the rate, calls it silent."""


class Portal(Dated):
    """A portal or site; `information` portals are the register of T15, `services` portals count for T11."""

    code: Code
    name_vi: Text
    unit: Code
    serves: Literal["information", "services"]


class Checklist(Dated):
    """A version of the checklist that portals are assessed by."""

    version: Annotated[StrictStr, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,19}$")]
    source: Text
    verified: bool


class DueRule(Row):
    """When a report is due: a fixed day of the period's year, or working days after the period's end."""

    rule: Literal["fixed", "after_period_end"]
    month: Annotated[int, Field(ge=1, le=12)] | None = None
    day: Annotated[int, Field(ge=1, le=31)] | None = None
    working_days: Annotated[int, Field(ge=0, le=90)] | None = None


PeriodKind = Literal["year", "half", "nine_months", "quarter", "month"]
CalendarName = Literal["calendar", "administrative"]


class RequiredReport(Dated):
    """A report that units owe for each period of the given kinds."""

    code: Code
    name_vi: Text
    owed_by: Codes
    periods: Annotated[tuple[PeriodKind, ...], BeforeValidator(_tuple)]
    calendar: CalendarName
    due: DueRule
    source: Text
    verified: bool


class AnnexRow(Row):
    """A row of annex 01; `tracked` = followed as a task because it has no number."""

    row: Annotated[int, Field(ge=1)]
    text_vi: Text
    lead: Codes
    coordinating: Codes
    tracked: bool = False


class AssignedRow(Row):
    """A row of annex 02: points of part II with their lead and coordinating units."""

    row: Annotated[int, Field(ge=1)]
    text_vi: Text
    points: Texts
    lead: Codes
    coordinating: Codes


class Point(Row):
    """A point of part II; `unassigned` = in no row of annex 02."""

    code: Text
    text_vi: Text
    unassigned: bool = False


class Task(Row):
    """A numbered task of annex 03."""

    item: Annotated[int, Field(ge=1)]
    text_vi: Text


class CommonTasks(Row):
    """Tasks of annex 03 that every unit of a group has."""

    group: Code
    name_vi: Text
    tasks: Annotated[tuple[Task, ...], BeforeValidator(_tuple), Field(min_length=1)]


class UnitTasks(Row):
    """Tasks of annex 03 of one unit."""

    row: Annotated[int, Field(ge=1)]
    unit: Code
    name_vi: Text
    tasks: Annotated[tuple[Task, ...], BeforeValidator(_tuple), Field(min_length=1)]


class CalendarRule(Row):
    """How a calendar shifts its periods."""

    code: CalendarName
    suffix: Literal["", "-hc"]
    start_day: Annotated[int, Field(ge=1, le=28)]
    month_shift: Annotated[int, Field(ge=-1, le=0)]
    name_vi: Text


class PeriodRule(Row):
    """A kind of period as a span of months; its code is year + `part` + the calendar's suffix."""

    kind: PeriodKind
    part: Annotated[StrictStr, StringConstraints(pattern=r"^(-(H[12]|9M|Q[1-4]|0[1-9]|1[0-2]))?$")]
    first_month: Annotated[int, Field(ge=1, le=12)]
    last_month: Annotated[int, Field(ge=1, le=12)]
    name_vi: Text


class YearlyHoliday(Row):
    """A day off on the same date of every year."""

    month: Annotated[int, Field(ge=1, le=12)]
    day: Annotated[int, Field(ge=1, le=31)]
    name_vi: Text
    source: Text
    verified: bool


class Holiday(Row):
    """A day off of one year; `pending` = a working day until confirmed."""

    day: Day
    name_vi: Text
    source: Text
    verified: bool
    pending: bool = False


class MakeUpDay(Row):
    """A weekend day that is worked in exchange for a day off."""

    day: Day
    name_vi: Text
    source: Text
    verified: bool
