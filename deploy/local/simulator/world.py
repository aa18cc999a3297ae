"""The province as the simulator plays it: units, procedures, portals, systems and datasets with their fates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deploy.local.simulator.quality import Quality


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that works: `size` 1 is an average commune."""

    code: str
    commune: bool
    size: float
    quality: Quality
    counts_paper: bool
    """Reports its paper work files as a number each month instead of one event per file."""
    neighbours: tuple[str, ...] = ()
    """Units whose counters may receive its filings."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """A procedure and the days (since 1970) from which on each quality holds; None: not this year."""

    code: str
    owner: str
    commune: bool
    has_fee: bool
    result_is_document: bool
    eligible: bool
    standardised: int | None
    simplified: int | None
    synced: int | None
    full_online: int | None
    withdrawn: int | None = None

    def offered(self, day: int) -> bool:
        """Offered as a full-process online service on a day."""
        return self.full_online is not None and self.full_online <= day


@dataclass(frozen=True, slots=True)
class Portal:
    """A portal of the register; `complete` is the day from which on every item of the checklist is met."""

    code: str
    unit: str
    complete: int | None
    assessed: bool = True


@dataclass(frozen=True, slots=True)
class ServicePortal:
    """A door to online services whose uses are counted."""

    code: str
    unit: str
    by_vneid: float


@dataclass(frozen=True, slots=True)
class Dataset:
    """An open dataset of the plan; days since 1970."""

    code: str
    unit: str
    due: int
    published: int | None
    withdrawn: int | None = None


@dataclass(frozen=True, slots=True)
class SystemState:
    """A snapshot that a `system.changed` event carries."""

    lifecycle: str
    dossier: str
    plan: str
    level: int | None = None

    @property
    def in_use(self) -> bool:
        """In the denominators of T21 and T22."""
        return self.lifecycle == "in_use"

    @property
    def secured(self) -> bool:
        """Dossier approved and plan implemented."""
        return self.dossier == "approved" and self.plan == "implemented"


@dataclass(frozen=True, slots=True)
class System:
    """An information system of the register."""

    code: str
    owner: str
    registered_in_use: bool
    """In use by the catalogue, so that it counts before anything is heard of it."""
    states: tuple[tuple[int, SystemState], ...]
    """(day, state from that day on); empty: never heard of."""
    monitored: int | None
    """Day from which on the SOC monitors it."""
    silent: tuple[int, int] | None = None
    """Days [first, last) without heartbeats."""
    every_days: int = 1
    """Heard of only every so many days: with 2 still monitored every day, with 3 no more."""


@dataclass(frozen=True, slots=True)
class ReportDuty:
    """One report that one unit owes: the subject's parts and the days on which it is asked for and due."""

    unit: str
    code: str
    period: str
    asked: int
    due: int


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month: period code, first and last day."""

    code: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class World:
    """Everything the stories play with. `sources` names the emitting system of each type and count series."""

    province: str
    units: tuple[Unit, ...]
    procedures: Mapping[str, Sequence[Procedure]]
    """Unit code → procedures it resolves."""
    portals: tuple[Portal, ...]
    service_portals: tuple[ServicePortal, ...]
    datasets: tuple[Dataset, ...]
    systems: tuple[System, ...]
    agencies: tuple[str, ...]
    duties: tuple[ReportDuty, ...]
    months: tuple[Month, ...]
    working_days: Sequence[int]
    sources: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fates:
    """What is planted in the year, and the days from which on the registers are valid (days since 1970)."""

    year_start: int
    agencies_since: int
    portals_since: int
    register_since: int
    """Of the systems."""
    checklist: str
    outages: Mapping[str, tuple[int, int]]
    """Agency → days [first, last) without any line."""
    unheard_agencies: frozenset[str]
    conflicting_unit: str
    """Reports paper work files although it sends them as events."""
    texts: tuple[str, ...] = ()
    """The planted incidents, in words for `describe`."""
