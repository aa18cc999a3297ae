"""Policies as data: per rule, indicator, level and unit, when a thing is worth an alert and who hears of it (pure)."""

from collections.abc import Iterable, Mapping
from datetime import time, timedelta
from functools import cache
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from services.alerts.finding import Scope
from shared.contracts.alerts import Rule, Severity

UNITS_OF_TIME = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
RULES: tuple[Rule, ...] = get_args(Rule)


def span(value: Any) -> Any:
    """`90s`, `15m`, `2h`, `3d`; bare numbers are refused, since nobody can see their unit."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not value[:-1].isdecimal() or value[-1] not in UNITS_OF_TIME:
        raise ValueError("a span is a whole number and s, m, h or d: 15m")
    return timedelta(seconds=int(value[:-1]) * UNITS_OF_TIME[value[-1]])


def _many(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Span = Annotated[timedelta, BeforeValidator(span)]
Names = Annotated[tuple[str, ...], BeforeValidator(_many)]
Token = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Receivers = Annotated[tuple[Token, ...], BeforeValidator(_many)]


class Row(BaseModel):
    """Strict: a misspelt field is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(Row):
    """Who else hears of it when nobody has acknowledged `after` so long."""

    after: Span
    receivers: Receivers


class Flapping(Row):
    """More than `turns` changes between open and ended within `within` and it is told as one: it is flapping."""

    turns: Annotated[int, Field(ge=2)] = 4
    within: Span = timedelta(hours=6)


class Policy(Row):
    """When one thing of one rule alerts. Points are whole percentage points, so that integers decide.

    `hold`: so long the condition must last before it fires; `clear_hold`: so long it must be gone before it ends.
    `calendar`: when people are told; what happens outside `working` time is told when it begins again.
    """

    enabled: bool = True
    severity: Severity = "warning"
    min_denominator: Annotated[int, Field(ge=1)] = 30
    min_days: Annotated[int, Field(ge=0)] = 0
    margin_points: Annotated[int, Field(ge=0, le=100)] = 0
    clear_points: Annotated[int, Field(ge=0, le=100)] = 0
    hold: Span = timedelta(0)
    clear_hold: Span = timedelta(0)
    flapping: Flapping = Flapping()
    calendar: Literal["always", "working"] = "always"
    receivers: Receivers = ()
    escalation: Annotated[tuple[Step, ...], BeforeValidator(tuple)] = ()
    remind_before_days: Annotated[tuple[int, ...], BeforeValidator(tuple)] = ()
    """`report_due` only: working days before the due day on which it is told."""

    @property
    def measures(self) -> dict[str, int]:
        """The numbers that decide whether a condition is true; frozen when an alert fires."""
        return self.model_dump(include={"min_denominator", "min_days", "margin_points", "clear_points"})

    def as_it_was(self, measures: Mapping[str, int]) -> "Policy":
        """This policy with the numbers that were in force when an alert fired."""
        return self.model_copy(update={name: value for name, value in measures.items() if name in self.measures})

    @model_validator(mode="after")
    def _steps_ascend(self) -> "Policy":
        spans = [step.after for step in self.escalation]
        if spans != sorted(spans):
            raise ValueError("escalation steps must be in the order of their `after`")
        return self


class Match(Row):
    """Empty fields match everything; `level` is the unit's in the catalogue: province or commune."""

    rule: Annotated[tuple[Rule, ...], BeforeValidator(_many)] = ()
    indicator: Names = ()
    level: Names = ()
    unit: Names = ()

    def fits(self, scope: Scope, level: str) -> bool:
        """Whether each field that is given names the scope's value."""
        pairs = ((self.rule, scope.rule), (self.indicator, scope.indicator), (self.level, level))
        return all(not names or value in names for names, value in (*pairs, (self.unit, scope.unit)))


class Override(Row):
    """Fields of `set` replace those of what came before, for all that `match` fits; later overrides win."""

    match: Match
    set: dict[str, Any]


class Inhibition(Row):
    """While an alert of `by` is open, those of `quiets` with the same unit (or any, `same: any`) are kept quiet."""

    by: Match
    quiets: Match
    same: Literal["unit", "any"] = "unit"


class WorkingTime(Row):
    """Local hours of a working day in which `working` receivers are told."""

    begin: time = time(7, 30)
    end: time = time(17, 30)


class PolicyFile(Row):
    """A policy file: one policy per rule, overrides, inhibitions, and when offices work."""

    version: Annotated[str, Field(pattern=r"^[a-z0-9.-]{1,20}$")]
    working_time: WorkingTime = WorkingTime()
    rules: dict[Rule, Policy]
    overrides: tuple[Override, ...] = ()
    inhibitions: tuple[Inhibition, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> "PolicyFile":
        if missing := [rule for rule in RULES if rule not in self.rules]:
            raise ValueError(f"no policy for {', '.join(missing)}")
        for number, override in enumerate(self.overrides):
            for rule in override.match.rule or RULES:
                try:
                    _replaced(self.rules[rule], override.set)
                except (ValueError, KeyError) as error:
                    raise ValueError(f"override {number + 1}: {error}") from error
        return self


class Policies:
    """The policies in force; `version` is frozen into the evidence of each change."""

    def __init__(self, file: PolicyFile, levels: Mapping[str, str]) -> None:
        """`levels`: unit → its level, from the catalogue."""
        self.file = file
        self.version = file.version
        self._levels = levels
        self.policy_for = cache(self._policy_for)
        self.may_inhibit = cache(self._may_inhibit)

    def _policy_for(self, scope: Scope) -> Policy:
        """The rule's policy with every override that fits, in their order."""
        level = self._levels.get(scope.unit, "")
        policy = self.file.rules[scope.rule]
        for override in self.file.overrides:
            if override.match.fits(scope, level):
                policy = _replaced(policy, override.set)
        return policy

    def can_alert(self, rule: Rule) -> bool:
        """Whether the rule is enabled, or an override enables it for some: otherwise nobody has to look."""
        enabling = (one for one in self.file.overrides if one.set.get("enabled"))
        return self.file.rules[rule].enabled or any(not one.match.rule or rule in one.match.rule for one in enabling)

    def _may_inhibit(self, scope: Scope) -> bool:
        """Whether it could keep others quiet, so that it is decided on before them."""
        return any(one.by.fits(scope, self._levels.get(scope.unit, "")) for one in self.file.inhibitions)

    def inhibitor_of(self, scope: Scope, open_alerts: Iterable[Scope]) -> str:
        """The id of the open alert that keeps this one quiet, or ""; an alert never quiets itself."""
        for inhibition in self.file.inhibitions:
            if not inhibition.quiets.fits(scope, self._levels.get(scope.unit, "")):
                continue
            for other in open_alerts:
                near = inhibition.same == "any" or other.unit == scope.unit
                if near and other != scope and inhibition.by.fits(other, self._levels.get(other.unit, "")):
                    return other.alert_id
        return ""


def _replaced(policy: Policy, changes: dict[str, Any]) -> Policy:
    return Policy.model_validate(policy.model_dump() | changes)
