"""Findings, states and policies for tests of the alerts, with a clock that stands still."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from services.alerts.finding import Finding, Scope, Truth
from services.alerts.policy import RULES, Inhibition, Policies, Policy, PolicyFile
from services.alerts.settling import Question
from services.alerts.state import Acknowledgement, AlertState, StateName
from shared.contracts.alerts import Rule
from shared.contracts.commands import Action, Command

NOW = datetime(2026, 7, 1, 8, tzinfo=UTC)
FIGURE, UNIT = "filing_full_online", "xa-12004"
LEVELS = {UNIT: "commune", "so-khcn": "department", "tinh-33": "province"}


FACTS: dict[str, Any] = {
    "unit_vi": "Xã Như Quỳnh",
    "figure_vi": "Hồ sơ trực tuyến toàn trình",
    "numerator": 70,
    "denominator": 100,
    "percent": 70.0,
    "target": 80,
    "comparator": ">=",
    "alert_level": 80,
    "window": {"period": "2026", "start": "2026-01-01", "end": "2026-12-31", "as_of": "2026-07-01"},
}
"""What a cell below its target freezes, as far as its sentences need it."""


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def cell(rule: Rule = "below_target", unit: str = UNIT, period: str = "2026") -> Scope:
    """A cell of the board as an alert's scope."""
    return Scope(rule, f"{FIGURE}:{unit}:{period}", unit, FIGURE, FIGURE, period)


def found(truth: Truth, scope: Scope | None = None, facts: Mapping[str, Any] | None = None) -> Finding:
    """What a kind says of a thing, with its truth as the reason; the facts are those of a cell below its target."""
    scope = scope or cell()
    frozen = {**FACTS, **(facts or {})} if scope.rule == "below_target" else facts or {}
    return Finding(scope, truth, f"because_{truth}", frozen)


def standing(name: StateName, since: float = 60, told: StateName | None = None, **others: Any) -> AlertState:
    """An alert that entered `name` so many minutes ago (fired then, too), told unless said otherwise."""
    at = NOW - minutes(since)
    fired = {"fired_at": at} if name in {"firing", "lost"} else {}
    believed = told or ("ok" if name == "pending" else name)
    return AlertState(**{"name": name, "number": 3, "since": at, "told": believed, **fired, **others})


def all_held(asked: Sequence[Question]) -> dict[str, bool]:
    """Whatever ends was right to fire."""
    return {one.scope.alert_id: True for one in asked}


def taken(until: float | None = None) -> Acknowledgement:
    """Acknowledged half an hour ago, until so many minutes from now."""
    return Acknowledgement("officer", NOW - minutes(30), None if until is None else NOW + minutes(until))


def command(action: Action, number: int = 1, **fields: Any) -> Command:
    """What a person asks for."""
    given = {"at": NOW, "by": "officer", "alert_id": cell().alert_id, **fields}
    return Command(id=f"00000000-0000-0000-0000-{number:012}", action=action, **given)


def policies(policy: Policy | None = None, version: str = "test", inhibitions: tuple[Inhibition, ...] = ()) -> Policies:
    """The same policy for every rule."""
    rules = dict.fromkeys(RULES, policy or Policy(receivers=("desk",)))
    return Policies(PolicyFile(version=version, rules=rules, inhibitions=inhibitions), LEVELS)
