"""Procedures, portals, datasets and report duties as played; codes of procedures and datasets are invented."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from deploy.local.simulator.local_time import day_number
from deploy.local.simulator.world import Dataset, Portal, Procedure, ReportDuty, ServicePortal, Unit
from shared.catalogue import Catalogue
from shared.catalogue.models import RequiredReport
from shared.catalogue.periods import Period

LONG_BEFORE_DAYS = 200
YEAR_DAYS = 365
WEAK_OWNER_SHARE = 0.25
PROCEDURES_PER_OWNER, COMMUNE_PROCEDURES_PER_OWNER = 14, 5
DATASETS = 48
UNASSESSED_PORTALS = 2


def cast_procedures(
    catalogue: Catalogue, seed: int, units: Sequence[Unit], year: int
) -> dict[str, tuple[Procedure, ...]]:
    """Unit → procedures that it resolves: a department its own, a commune those of commune level.

    Codes 9.dddddd: no national procedure has one.
    """
    del catalogue
    own: dict[str, tuple[Procedure, ...]] = {}
    shared: list[Procedure] = []
    number = 0
    for unit in units:
        if unit.commune:
            continue
        rng = Random(f"{seed}/procedures/{unit.code}")  # noqa: S311
        weak = rng.random() < WEAK_OWNER_SHARE
        made = []
        for index in range(PROCEDURES_PER_OWNER + COMMUNE_PROCEDURES_PER_OWNER):
            number += 1
            commune = index >= PROCEDURES_PER_OWNER
            made.append(_procedure(f"9.{number:06d}", unit.code, year, rng, commune=commune, weak=weak))
        own[unit.code] = tuple(p for p in made if not p.commune)
        shared += [p for p in made if p.commune]
    return own | {unit.code: tuple(shared) for unit in units if unit.commune}


def _procedure(code: str, owner: str, year: int, rng: Random, *, commune: bool, weak: bool) -> Procedure:
    eligible = rng.random() < 0.85
    contradiction = rng.random() < 0.01
    return Procedure(
        code=code,
        owner=owner,
        commune=commune,
        has_fee=rng.random() < 0.45,
        result_is_document=rng.random() < 0.9,
        eligible=eligible and not contradiction,
        standardised=_since(year, rng, 0.8 if weak else 0.97, 0.15),
        simplified=_since(year, rng, 0.85 if weak else 0.99, 0.12),
        synced=_since(year, rng, 0.9 if weak else 1.0, 0.08),
        full_online=_since(year, rng, 0.8 if weak else 0.96, 0.05) if eligible or contradiction else None,
        withdrawn=year + int(rng.random() * YEAR_DAYS) if rng.random() < 0.01 else None,
    )


def _since(year: int, rng: Random, share: float, late: float) -> int | None:
    """The day from which on it holds: for most before the year, for some within it, else never."""
    if rng.random() >= share:
        return None
    if rng.random() < late:
        return year + int(rng.random() * YEAR_DAYS)
    return year - LONG_BEFORE_DAYS


def cast_portals(catalogue: Catalogue, seed: int, start: date) -> tuple[Portal, ...]:
    """The register of T15; the last ones are never assessed."""
    rows, year = catalogue.registered_portals(start), day_number(start)
    portals = []
    for index, row in enumerate(rows):
        rng = Random(f"{seed}/portal/{row.code}")  # noqa: S311
        heard = index < len(rows) - UNASSESSED_PORTALS
        portals.append(Portal(row.code, row.unit, _since(year, rng, 0.9, 0.12), heard))
    return tuple(portals)


def cast_service_portals(catalogue: Catalogue, start: date) -> tuple[ServicePortal, ...]:
    """The doors to online services; the one-stop system still lets some in without VNeID."""
    rows = [row for row in catalogue.portals.values() if row.serves == "services" and row.valid_on(start)]
    return tuple(ServicePortal(row.code, row.unit, 0.995 if index == 0 else 1.0) for index, row in enumerate(rows))


def cast_datasets(owners: Sequence[str], seed: int, year: int) -> tuple[Dataset, ...]:
    """The open-data plan: due days over the year, some late, some never, one withdrawn."""
    rng, datasets = Random(f"{seed}/datasets"), []  # noqa: S311
    for number in range(DATASETS):
        due = year + 20 + number * 345 // DATASETS
        roll = rng.random()
        published = due - int(rng.random() * 15) if roll < 0.82 else due + 5 + int(rng.random() * 40)
        withdrawn = published + 20 if number == 3 else None
        owner = owners[number % len(owners)]
        datasets.append(
            Dataset(f"bo-du-lieu-{number + 1:02d}", owner, due, None if roll > 0.96 else published, withdrawn)
        )
    return tuple(datasets)


def cast_duties(catalogue: Catalogue, year: int) -> tuple[ReportDuty, ...]:
    """Every report of the catalogue, for every unit that owes it and every period of the year."""
    duties = []
    for report in catalogue.reports.values():
        for period in catalogue.periods.periods_of(year):
            if period.kind in report.periods and period.calendar == report.calendar:
                due = _due(catalogue, report, period)
                asked = max(day_number(period.start), day_number(date(year, 1, 1)))
                units = catalogue.expand(report.owed_by, due)
                duties += [ReportDuty(unit, report.code, period.code, asked, day_number(due)) for unit in units]
    return tuple(duties)


def _due(catalogue: Catalogue, report: RequiredReport, period: Period) -> date:
    rule = report.due
    if rule.rule == "fixed" and rule.month and rule.day:
        return date(period.end.year, rule.month, rule.day)
    end = period.end + timedelta(days=0)
    return catalogue.working_days.add_working_days(end, max(1, rule.working_days or 0))
