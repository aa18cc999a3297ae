"""Recorded cases for policies, as `promtool test rules` has them: observations in, expected changes out (pure).

A case names a rule and what it is about; each observation is `<what> at <moment>`, in local time:
figures `70/100`, with `recent 40/60`, `expecting 500`, `no_data 3` or `source_silent` behind them; for every
other rule the
truth itself: `breach` or `clear`. Expected lines: `<state> to <receivers> at <moment>`.
"""

import difflib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.alerts import kinds
from services.alerts.finding import Finding, Scope
from services.alerts.past.known import LOCAL
from services.alerts.past.player import Player
from services.alerts.policy import RULES, Policies
from services.alerts.routing import receivers_of
from services.alerts.snapshot import Cell
from shared.catalogue import Catalogue

FIGURES = re.compile(r"^(?P<num>\d+)/(?P<den>\d+)(?: recent (?P<rn>\d+)/(?P<rd>\d+))?(?: expecting (?P<expected>\d+))?"
                     r"(?: no_data (?P<missing>\d+))?(?P<silent> source_silent)?$")  # fmt: skip


class CaseError(ValueError):
    """What is wrong with a case, in one line."""


@dataclass(frozen=True)
class Case:
    """One case; `line` is where it stands in its file."""

    name: str
    line: int
    rule: str
    unit: str
    about: str
    observations: tuple[tuple[datetime, str], ...]
    expect: tuple[str, ...]
    until: datetime


def read_case(raw: dict[str, Any], line: int) -> Case:
    """Raises `CaseError` for a field that is missing, unknown or malformed."""
    wanted = {"name", "rule", "unit", "about", "observe", "expect", "until"}
    if problems := [*sorted(raw.keys() - wanted), *sorted(wanted - {"until", "unit"} - raw.keys())]:
        raise CaseError(f"unknown or missing: {', '.join(map(str, problems))}")
    if raw["rule"] not in RULES:
        raise CaseError(f"no such rule: {raw['rule']}")
    seen = tuple(_observation(str(one)) for one in raw["observe"])
    if not seen or [at for at, _ in seen] != sorted(at for at, _ in seen):
        raise CaseError("observations must be there, in the order of time")
    until = _moment(str(raw["until"])) if "until" in raw else seen[-1][0]
    expect = tuple(str(one) for one in raw["expect"])
    return Case(raw["name"], line, raw["rule"], str(raw.get("unit", "")), raw["about"], seen, expect, until)


def _observation(text: str) -> tuple[datetime, str]:
    what, at, when = text.rpartition(" at ")
    if not at:
        raise CaseError(f"{text!r} lacks ' at <moment>'")
    return _moment(when), what.strip()


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d %H:%M").replace(tzinfo=LOCAL)
    except ValueError as error:
        raise CaseError(f"{text!r} is no moment such as 2026-03-02 08:00") from error


def outcome(case: Case, policies: Policies, catalogue: Catalogue) -> list[str]:
    """What would have been told, a line each. Raises `CaseError` for an observation that the rule cannot read."""
    player = Player(policies, receivers_of)
    for at, what in case.observations:
        _pass_time(player, at)
        seen = _finding(case, what, at, policies, catalogue)
        player.judge({seen.scope.alert_id: seen}, at)
    _pass_time(player, case.until + timedelta(seconds=1))
    return [_line(one.change.state.name, one.change.kind, one.receivers, one.change.at) for one in player.told]


def difference(case: Case, got: list[str]) -> list[str]:
    """Expected and got as a diff; empty when they are the same."""
    if list(case.expect) == got:
        return []
    return [one for one in difflib.ndiff(list(case.expect), got) if not one.startswith("?")]


def _pass_time(player: Player, until: datetime) -> None:
    while (due := player.next_due()) and due < until:
        player.judge({}, due)


def _line(state: str, kind: str, receivers: tuple[str, ...], at: datetime) -> str:
    word = state if kind == "state" else kind
    return f"{word} to {', '.join(receivers)} at {at.astimezone(LOCAL):%Y-%m-%d %H:%M}"


def _finding(case: Case, what: str, at: datetime, policies: Policies, catalogue: Catalogue) -> Finding:
    if case.rule in kinds.CELL_RULES:
        cell = _cell(case, what, at, catalogue)
        scope = Scope(case.rule, f"{cell.figure}:{cell.unit}:{cell.period}", cell.unit, cell.indicator, cell.figure,
                      cell.period)  # type: ignore[arg-type]  # fmt: skip
        return Finding(scope, *kinds.SEE[scope.rule](cell, policies.policy_for(scope)))
    if what not in {"breach", "clear", "neither"}:
        raise CaseError(f"{what!r} is none of breach, clear, neither")
    indicator = "network_coverage" if case.rule == "link_down" else ""
    return Finding(Scope(case.rule, case.about, case.unit, indicator), what, what)  # type: ignore[arg-type]


def _cell(case: Case, what: str, at: datetime, catalogue: Catalogue) -> Cell:
    found = FIGURES.match(what)
    if found is None:
        raise CaseError(f"{what!r} are no figures such as 70/100 recent 40/60 expecting 500")
    if case.about not in catalogue.figures or case.unit not in catalogue.units:
        raise CaseError(f"no such figure or unit: {case.about} {case.unit}")
    said = {name: int(value) for name, value in found.groupdict().items() if value and name != "silent"}
    period = catalogue.periods.parse_period(str(at.year))
    targets = [one for one in catalogue.targets_of(case.about, case.unit) if one.valid_on(period.end)]
    indicator = catalogue.indicator_of(case.about)
    return Cell(
        *(indicator.slug, case.about, "", "", case.unit, "", period.code, period.start, period.end, at.date()),
        num=said["num"],
        den=said["den"],
        no_data=said.get("missing", 0),
        recent_num=said.get("rn", 0),
        recent_den=said.get("rd", 0),
        expected_den=said.get("expected", 0),
        target=targets[0].value if targets else -1,
        comparator=targets[0].comparator if targets else "",
        legal_row="",
        source_silent=bool(found["silent"]),
    )
