"""The catalogue as rows of the `catalogue_*` tables that the views join (pure)."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import product
from typing import NamedTuple

from shared.catalogue.catalogue import Catalogue
from shared.catalogue.models import Figure, Indicator, Target
from shared.catalogue.text import fold
from shared.contracts.vocabulary import STATE_TYPES
from shared.schema.tile_words import aim, short_name

PUBLISHED_YEARS = range(2025, 2029)
"""The plan's year, the one before (documents of its eve) and two after, so that a late clock finds its periods."""

CADENCE_MAX_DAYS = 90
"""Working days that are told before each day; no source's cadence is longer."""

NO_TARGET = -1
FIRST_DAY = date(1970, 1, 1)
FOR_EVER = date(2149, 6, 6)
"""The last day that ClickHouse's Date can hold."""


class Facts(NamedTuple):
    """Rows of one table, in the order of `columns`."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]


def facts_for_views(catalogue: Catalogue) -> dict[str, Facts]:
    """Table name → its rows."""
    return {
        "catalogue_units": _facts("unit name_vi name_en short_vi level kind position folded", _units(catalogue)),
        "catalogue_figures": _facts(
            "figure indicator code position kind indicator_vi indicator_en figure_vi figure_en annex_row section "
            "text_vi counted_vi lead_vi coordinating_vi basis_undefined",
            _figures(catalogue),
        ),
        "catalogue_cells": _facts(
            "figure unit unit_level unit_kind indicator code position kind is_flow basis_undefined expected target "
            "comparator target_from target_to legal_row sources unit_vi unit_short_vi unit_position figure_vi short_vi "
            "aim",
            _cells(catalogue),
        ),
        "catalogue_rollup": _facts("figure unit reading member own expected is_flow is_report", _rollup(catalogue)),
        "catalogue_periods": _facts("code start end days", _periods(catalogue)),
        "catalogue_calendar": _facts("day working_days_before", _calendar(catalogue)),
        "catalogue_systems": _facts(
            "system name_vi unit lifecycle registered valid_from valid_to ttl_minutes tells_states", _systems(catalogue)
        ),
        "catalogue_emitters": _facts("source indicator unit cadence_days", _emitters(catalogue)),
        "catalogue_sources": _facts("source cadence_days", _sources(catalogue)),
    }


def _facts(columns: str, rows: Iterable[tuple[object, ...]]) -> Facts:
    return Facts(tuple(columns.split()), list(rows))


def _units(catalogue: Catalogue) -> Iterator[tuple[object, ...]]:
    for u in catalogue.units.values():
        yield u.code, u.name_vi, u.name_en, u.short_vi, u.level, u.kind, u.position, fold(u.name_vi)


def _figures(catalogue: Catalogue) -> Iterator[tuple[object, ...]]:
    position = 0
    for row in catalogue.indicators.values():
        for figure in row.figures:
            position += 1
            yield (
                figure.code, row.slug, row.code, position, _kind(row), row.name_vi, row.name_en, figure.name_vi,
                figure.name_en, row.annex_row or "", row.section, row.text_vi, row.unit_of_count.vi,
                _names(catalogue, row.lead), _names(catalogue, row.coordinating), figure.basis is not None,
            )  # fmt: skip


def _kind(row: Indicator) -> str:
    return f"reported_{row.reported_as}" if row.kind == "reported" else row.kind


def _names(catalogue: Catalogue, codes: Iterable[str]) -> str:
    return "; ".join(catalogue.name_of(code) for code in codes)


def _cells(catalogue: Catalogue) -> Iterator[tuple[object, ...]]:
    feeding: dict[tuple[object, object], list[object]] = {}
    for source, indicator, unit, _ in _emitters(catalogue):
        feeding.setdefault((indicator, unit), []).append(source)
    for position, figure in enumerate(catalogue.figures.values(), start=1):
        row = catalogue.indicator_of(figure.code)
        shown = row.slug, row.code, position, _kind(row), _is_flow(row), figure.basis is not None
        for unit, expected in catalogue.cells_of(figure.code).items():
            sources = feeding.get((row.slug, unit), [])
            at = catalogue.units[unit]
            words = at.name_vi, at.short_vi, at.position, figure.name_vi, short_name(row.slug, figure.code)
            for target in _target_rows(catalogue.targets_of(figure.code, unit)):
                in_words = *words, aim(target[0], target[1])
                yield figure.code, unit, at.level, at.kind, *shown, expected, *target, sources, *in_words


def _target_rows(targets: Iterable[Target]) -> Iterator[tuple[int, str, date, date, str]]:
    """(value, comparator, from, to, legal row): every day is in exactly one, so that the view has nothing to choose."""
    day = FIRST_DAY
    for target in sorted(targets, key=lambda one: one.valid_from):
        if day < target.valid_from:
            yield NO_TARGET, "", day, target.valid_from - timedelta(days=1), ""
        until = target.valid_to or FOR_EVER
        yield target.value, target.comparator, target.valid_from, until, target.legal_row
        if until == FOR_EVER:
            return
        day = until + timedelta(days=1)
    yield NO_TARGET, "", day, FOR_EVER, ""


def _is_flow(row: Indicator) -> bool:
    return _kind(row) in {"flow", "reported_flow"}


def _rollup(catalogue: Catalogue) -> Iterator[tuple[object, ...]]:
    for figure in catalogue.figures.values():
        row = catalogue.indicator_of(figure.code)
        counting = _is_flow(row), row.kind == "reported"
        for unit in catalogue.cells_of(figure.code):
            members = catalogue.members_of(figure.code) if unit == catalogue.province else (unit,)
            for reading, member in product(figure.readings, members):
                yield figure.code, unit, reading, member, *_standing(catalogue, figure, unit, member), *counting


def _standing(catalogue: Catalogue, figure: Figure, unit: str, member: str) -> tuple[bool, bool]:
    """(the province's own report, a member whose report is waited for)."""
    row = catalogue.indicator_of(figure.code)
    own = row.kind == "reported" and unit == member == catalogue.province
    return own, not own and (unit == member or catalogue.cells_of(figure.code).get(member, False))


def _periods(catalogue: Catalogue) -> Iterator[tuple[object, ...]]:
    for year in PUBLISHED_YEARS:
        for period in catalogue.periods.periods_of(year):
            length_days = (period.end - period.start).days + 1
            days = [period.start + timedelta(days=n) for n in range(length_days)]
            yield period.code, period.start, period.end, days


def _calendar(catalogue: Catalogue) -> Iterator[tuple[object, ...]]:
    day, before = date(PUBLISHED_YEARS.start, 1, 1), list[date]()
    while day.year in PUBLISHED_YEARS:
        yield day, before
        if catalogue.working_days.is_working_day(day):
            before = [day, *before][:CADENCE_MAX_DAYS]
        day += timedelta(days=1)


def _systems(catalogue: Catalogue) -> Iterator[tuple[object, ...]]:
    for s in catalogue.systems.values():
        days = s.valid_from, s.valid_to or FOR_EVER
        telling = not STATE_TYPES.isdisjoint(s.emits)
        yield s.code, s.name_vi, s.owner, s.lifecycle, s.registered, *days, s.heartbeat_ttl_minutes, telling


def _emitters(catalogue: Catalogue) -> Iterator[tuple[object, ...]]:
    """Every (indicator, unit) that an expected source feeds; the province is fed by all of them."""
    for system in catalogue.systems.values():
        if system.cadence_working_days is None:
            continue
        units = dict.fromkeys([catalogue.province, *catalogue.units_for(system.code)])
        for row in catalogue.indicators.values():
            if set(row.feeds) & set(system.emits):
                for unit in units:
                    yield f"/systems/{system.code}", row.slug, unit, system.cadence_working_days


def _sources(catalogue: Catalogue) -> Iterator[tuple[object, ...]]:
    """A system has one cadence, whatever it feeds."""
    cadences = {source: cadence for source, _, _, cadence in _emitters(catalogue)}
    yield from cadences.items()
