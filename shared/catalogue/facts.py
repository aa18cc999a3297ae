"""Hashes that tell catalogues apart, and rows of facts for tables and reports (pure)."""

from datetime import date
from hashlib import blake2b
from typing import Any

import msgspec
from pydantic import BaseModel

from shared.catalogue.catalogue import Catalogue
from shared.catalogue.working_days import ONE_DAY

HASH_BYTES = 8
"""64 bits: some thousand versions of one catalogue never collide in practice, and 16 digits can be read aloud."""

FACTS = (
    "units", "groups", "indicators", "systems", "portals", "checklists", "reports", "annex_01", "annex_02",
    "annex_02_points", "annex_03_common", "annex_03", "period_rules", "yearly_holidays", "holidays", "make_up_days",
)  # fmt: skip


def version(catalogue: Catalogue) -> str:
    """16 hex digits that change with any fact, a name or a note included."""
    return _hash([getattr(catalogue, name) for name in FACTS])


def counting_facts_hash(catalogue: Catalogue) -> str:
    """16 hex digits that change only with facts that enter the ledger.

    Those are: levels and dates of units, the registers of T01, T15, T21 and T22, the report codes of T05, the
    checklists, and the periods. Targets, names, leads and notes do not enter it.
    """
    return _hash(
        [
            catalogue.province,
            sorted((u.code, u.level, u.valid_from, u.valid_to) for u in catalogue.units.values()),
            _agencies_over_time(catalogue),
            sorted((p.code, p.unit, p.valid_from, p.valid_to) for p in catalogue.registered_portals()),
            sorted((s.code, s.owner, s.lifecycle, s.valid_from, s.valid_to) for s in catalogue.registered_systems()),
            sorted(catalogue.reports),
            sorted((row.valid_from, row.version) for row in catalogue.checklists),
            [(period.code, period.start, period.end) for period in catalogue.periods.periods_of(2026)],
        ]
    )


def scope_rows(catalogue: Catalogue) -> list[tuple[str, str, bool]]:
    """(figure, unit, always shown) of every cell."""
    return [(figure, unit, shown) for figure in catalogue.figures for unit, shown in catalogue.cells_of(figure).items()]


def target_rows(catalogue: Catalogue) -> list[tuple[str, int, str, str, date, date | None, str]]:
    """(indicator, percent, comparator, level, first day, last day, row of the plan) of every target value."""
    return [
        (row.slug, t.value, t.comparator, t.level, t.valid_from, t.valid_to, t.legal_row)
        for row in catalogue.indicators.values()
        for t in row.targets
    ]


def system_rows(catalogue: Catalogue) -> list[tuple[str, str, str, str, bool, int]]:
    """(system, name, owner, life cycle, in the register, heartbeat ttl in minutes)."""
    return [
        (s.code, s.name_vi, s.owner, s.lifecycle, s.registered, s.heartbeat_ttl_minutes)
        for s in catalogue.systems.values()
    ]


def _agencies_over_time(catalogue: Catalogue) -> list[tuple[date, tuple[str, ...]]]:
    """The register of T01 on each day on which any list or unit begins."""
    lists = [part for group in catalogue.groups.values() for part in group.lists]
    dated = [*lists, *catalogue.units.values()]
    turns = {row.valid_from for row in dated} | {row.valid_to + ONE_DAY for row in dated if row.valid_to}
    return [(day, tuple(sorted(catalogue.state_agencies(day)))) for day in sorted(turns)]


def _hash(content: object) -> str:
    canonical = msgspec.json.encode(_plain(content), order="deterministic")
    return blake2b(canonical, digest_size=HASH_BYTES).hexdigest()


def _plain(value: Any) -> Any:
    """Rows as builtins that msgspec encodes the same way every time."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
