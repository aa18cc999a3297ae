"""Snapshots by hand for the alerts' rules: a cell, an empty snapshot with parts, policies from a few words."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from services.alerts.finding import Finding
from services.alerts.kinds import KINDS
from services.alerts.policy import RULES, Policies, Policy, PolicyFile
from services.alerts.snapshot import Cell, Snapshot
from services.alerts.watermark import Watermark
from shared.catalogue import load_catalogue
from shared.contracts.alerts import Rule

CATALOGUE = load_catalogue()
LEVELS: dict[str, str] = {unit.code: unit.level for unit in CATALOGUE.units.values()}
NOW = datetime(2026, 7, 1, 8, tzinfo=UTC)

CELL = Cell(
    indicator="filing_full_online",
    figure="filing_full_online",
    figure_vi="Hồ sơ giải quyết trực tuyến toàn trình",
    counted_vi="hồ sơ",
    unit="xa-12004",
    unit_vi="Xã Như Quỳnh",
    period="2026",
    start=date(2026, 1, 1),
    end=date(2026, 12, 31),
    as_of=date(2026, 7, 1),
    num=0,
    den=0,
    no_data=0,
    recent_num=0,
    recent_den=0,
    expected_den=0,
    target=80,
    comparator=">=",
    legal_row="PL01-11",
    catalogue_version="v1",
)


def cell(num: int, den: int, **fields: Any) -> Cell:
    """T09 of a commune on 1 July unless told otherwise."""
    return replace(CELL, num=num, den=den, **fields)


def policies(rule: Rule | None = None, **policy: Any) -> Policies:
    """One policy for a rule (every rule when none is named), bare ones for the others; nothing is too few."""
    bare, said = Policy(min_denominator=1), Policy(**({"min_denominator": 1} | policy))
    rules = {one: said if rule in {None, one} else bare for one in RULES}
    return Policies(PolicyFile(version="test", rules=rules), LEVELS)


def snapshot(now: datetime = NOW, **parts: Any) -> Snapshot:
    """As of `now`, with the parts given."""
    marks = (Watermark(0, 41, "2026-07-01T07:59:59+00:00"),)
    as_of = now.astimezone(datetime.fromisoformat("2026-01-01T00:00:00+07:00").tzinfo).date()
    empty = Snapshot("2026", as_of, now, marks, (), CATALOGUE.working_days)
    return replace(empty, **parts)


def found(rule: Rule, seen: Snapshot, using: Policies | None = None) -> list[Finding]:
    """What one rule finds."""
    return list(KINDS[rule](seen, using or policies()))


def said(rule: Rule, seen: Snapshot, using: Policies | None = None) -> tuple[str, str]:
    """Truth and reason of the only finding."""
    (one,) = found(rule, seen, using)
    return one.truth, one.reason
