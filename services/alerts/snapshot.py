"""What one evaluation sees, read at one moment: cells of the board and whatever else the rules judge (pure data)."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from services.alerts.watermark import Watermark
from shared.catalogue.working_days import WorkingCalendar


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the board. `target` in whole percent, −1 when none is in force on the period's end.

    `no_data` counts what is in `den` only because nothing was ever heard of it. The last 30 days and `expected_den`
    (what is still expected until `end`, at the pace so far) concern flows; a stock has None and 0.
    """

    indicator: str
    figure: str
    figure_vi: str
    counted_vi: str
    unit: str
    unit_vi: str
    period: str
    start: date
    end: date
    as_of: date
    num: int
    den: int
    no_data: int
    recent_num: int | None
    recent_den: int | None
    expected_den: int
    target: int
    comparator: str
    legal_row: str
    flags: tuple[str, ...] = ()
    source_silent: bool = False
    catalogue_version: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """An expected emitter. `silent`: by its cadence in working days; `cadence_minutes`: it runs at all hours.

    `awaited_since`: the local day of this platform's installation, from which on it could be heard of at all.
    """

    code: str
    name_vi: str
    unit: str
    unit_vi: str
    cadence_working_days: int
    cadence_minutes: int | None
    last_heard: datetime | None
    silent: bool
    indicators: tuple[str, ...]
    awaited_since: date | None = None


@dataclass(frozen=True, slots=True)
class SystemSeen:
    """An information system by its newest effective events; `reported`: a `system.changed` says so, not the catalogue.

    `monitored` None: nobody ever said. `taken_back`: all that was ever said of its state was retracted.
    """

    code: str
    name_vi: str
    unit: str
    unit_vi: str
    lifecycle: str
    reported: bool
    taken_back: bool
    dossier: str
    plan: str
    monitored: bool | None
    last_beat: datetime | None
    ttl_minutes: int


@dataclass(frozen=True, slots=True)
class Links:
    """The lines of a unit, each by its newest change; a line never heard of is in neither tuple."""

    unit: str
    unit_vi: str
    up: tuple[int, ...]
    down: tuple[int, ...]
    since: datetime | None


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """A security event by its newest statement; `taken_back`: all statements were retracted."""

    key: str
    unit: str
    unit_vi: str
    severity: str
    category: str
    state: str
    time: datetime | None
    taken_back: bool


@dataclass(frozen=True, slots=True)
class Duty:
    """A report that a unit owes; `due` is the last local day on which it is on time.

    `covered`: reports were heard of by then, so that one that is not there is missing.
    """

    unit: str
    unit_vi: str
    code: str
    name_vi: str
    period: str
    period_vi: str
    due: date
    submitted: bool
    covered: bool = True


@dataclass(frozen=True, slots=True)
class Quality:
    """What a source sent in the last 7 days: events in the log, of them conflicts and late ones; and those refused."""

    code: str
    name_vi: str
    unit: str
    unit_vi: str
    events: int
    conflicts: int
    late: int
    rejected: int


@dataclass(frozen=True)
class Snapshot:
    """`as_of` is the local day of `now`. A period that is over has cells alone."""

    period: str
    as_of: date
    now: datetime
    watermark: tuple[Watermark, ...]
    cells: tuple[Cell, ...]
    calendar: WorkingCalendar
    sources: tuple[Source, ...] = ()
    systems: tuple[SystemSeen, ...] = ()
    links: tuple[Links, ...] = ()
    security: tuple[SecurityEvent, ...] = ()
    duties: tuple[Duty, ...] = ()
    quality: tuple[Quality, ...] = ()

    @cached_property
    def marks(self) -> list[dict[str, Any]]:
        """The watermark as JSON values, one list for the evidence of all findings."""
        return [{"partition": one.partition, "offset": one.offset, "received": one.received} for one in self.watermark]

    @cached_property
    def window(self) -> dict[str, str]:
        """The period and the day, the same for all cells, as JSON values."""
        one = self.cells[0]
        days = {"start": one.start, "end": one.end, "as_of": one.as_of}
        return {"period": self.period} | {name: day.isoformat() for name, day in days.items()}
