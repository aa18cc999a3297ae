"""From the catalogue to the played province: who works how well, and what is planted. All drawn from the seed."""

from datetime import date, timedelta
from random import Random

from deploy.local.simulator.casting_registers import (
    cast_datasets,
    cast_duties,
    cast_portals,
    cast_procedures,
    cast_service_portals,
)
from deploy.local.simulator.casting_systems import PLANTED_TEXTS, cast_systems
from deploy.local.simulator.local_time import day_number
from deploy.local.simulator.quality import draw_quality, incident_quality
from deploy.local.simulator.world import Fates, Month, Unit, World
from shared.catalogue import Catalogue

YEAR = 2026
DEPARTMENTS, OTHER_AGENCIES = "so-ban-nganh", "co-quan-hanh-chinh-khac"
COMMUNES = "xa-phuong"

SOURCES = {
    "filing": ("dvc", "filing.received"),
    "procedure": ("dvc", "procedure.catalogued"),
    "petition": ("tong-dai-1022", "petition.received"),
    "document": ("qlvb", "document.sent"),
    "inspection": ("bao-cao", "inspection.completed"),
    "report": ("bao-cao", "report.due"),
    "count": ("bao-cao", "count.reported"),
    "staff_trained": ("cbccvc", "count.reported"),
    "ehealth_record": ("suc-khoe", "count.reported"),
    "auth": ("sso", "auth.counted"),
    "portal": ("cong-ttdt", "portal.assessed"),
    "dataset": ("kho-du-lieu", "dataset.planned"),
    "network": ("tslcd", "link.changed"),
    "soc": ("soc", "system.heartbeat"),
}
"""What is told → (emitting system, a type that it must be allowed to send)."""

INCIDENT_UNIT = "xa-12004"
INCIDENT_SIZE = 2.5
"""Busy enough for its rate to mean something, also in the small scale of the demo."""

CONFLICTING_UNIT = "xa-12019"
OUTAGE_UNITS = ("xa-12073", "xa-13075")
UNHEARD_AGENCIES = frozenset({"xa-13279"})


def cast_world(catalogue: Catalogue, seed: int, incident: str = INCIDENT_UNIT) -> World:
    """Raises ValueError when the catalogue does not let a system send what the simulator tells in its name."""
    start = date(YEAR, 1, 1)
    units = _cast_units(catalogue, seed, start, incident)
    return World(
        province=catalogue.province,
        units=units,
        procedures=cast_procedures(catalogue, seed, units, day_number(start)),
        portals=cast_portals(catalogue, seed, start),
        service_portals=cast_service_portals(catalogue, start),
        datasets=cast_datasets(catalogue.group_members(DEPARTMENTS, start), seed, day_number(start)),
        systems=cast_systems(catalogue, seed, start),
        agencies=catalogue.state_agencies(start),
        duties=cast_duties(catalogue, YEAR),
        months=tuple(
            Month(period.code, day_number(period.start), day_number(period.end))
            for period in catalogue.periods.periods_of(YEAR)
            if period.kind == "month" and period.calendar == "calendar"
        ),
        working_days=_working_days(catalogue, start),
        sources=_sources(catalogue),
    )


def cast_fates(catalogue: Catalogue) -> Fates:
    """What is planted, besides what `cast_world` gives single units, portals and systems."""
    start = date(YEAR, 1, 1)
    year = day_number(start)
    outages = {OUTAGE_UNITS[0]: (year + 88, year + 92), OUTAGE_UNITS[1]: (year + 200, year + 400)}
    agency = catalogue.state_agencies(start)[0]
    return Fates(
        year_start=year,
        agencies_since=day_number(catalogue.units[agency].valid_from),
        portals_since=min(day_number(row.valid_from) for row in catalogue.registered_portals(start)),
        register_since=min(day_number(row.valid_from) for row in catalogue.registered_systems(start)),
        checklist=catalogue.checklist_version(start),
        outages=outages,
        unheard_agencies=UNHEARD_AGENCIES,
        conflicting_unit=CONFLICTING_UNIT,
        texts=(
            f"T01: {OUTAGE_UNITS[0]} mất cả hai đường truyền bốn ngày (từ ngày thứ 89 của năm)",
            f"T01: {OUTAGE_UNITS[1]} mất cả hai đường truyền từ ngày thứ 201 của năm đến hết năm",
            f"T01: {', '.join(sorted(UNHEARD_AGENCIES))} chưa bao giờ có dữ liệu đường truyền",
            f"T04: {CONFLICTING_UNIT} vừa gửi hồ sơ giấy từng sự kiện vừa báo cáo số lượng (báo cáo bị bỏ qua)",
            *PLANTED_TEXTS,
        ),
    )


def _cast_units(catalogue: Catalogue, seed: int, day: date, incident: str) -> tuple[Unit, ...]:
    communes = catalogue.group_members(COMMUNES, day)
    codes = (
        *catalogue.group_members(DEPARTMENTS, day),
        *(code for code in catalogue.group_members(OTHER_AGENCIES, day) if code != "tt-pvhcc"),
        *communes,
    )
    return tuple(_cast_unit(catalogue, code, seed, communes, incident) for code in codes)


def _cast_unit(catalogue: Catalogue, code: str, seed: int, communes: tuple[str, ...], incident: str) -> Unit:
    rng = Random(f"{seed}/unit/{code}")  # noqa: S311 - a simulation
    commune = code in communes
    quality = draw_quality(rng, commune=commune)
    if commune:
        size = rng.uniform(0.6, 1.4) * (1.6 if catalogue.units[code].kind == "phuong" else 1.0)
        place = communes.index(code)
        neighbours = tuple(communes[place + step] for step in (-1, 1) if 0 <= place + step < len(communes))
    else:
        size, neighbours = rng.uniform(1.5, 4.0), ()
    if code == incident:
        quality, size = incident_quality(quality), INCIDENT_SIZE
    counts_paper = commune and code != CONFLICTING_UNIT and rng.random() < 0.3
    return Unit(code, commune, size, quality, counts_paper, neighbours)


def _working_days(catalogue: Catalogue, start: date) -> tuple[int, ...]:
    """To the end of the following February, so that a step after the last day of the year has a day."""
    days = (start + timedelta(days=number) for number in range(365 + 59))
    return tuple(day_number(day) for day in days if catalogue.working_days.is_working_day(day))


def _sources(catalogue: Catalogue) -> dict[str, str]:
    refused = [
        f"{code} may not send {type_}" for code, type_ in SOURCES.values() if not catalogue.may_emit(code, type_)
    ]
    if refused:
        raise ValueError("the catalogue does not allow: " + "; ".join(refused))
    return {name: code for name, (code, _) in SOURCES.items()}
