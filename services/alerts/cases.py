"""Recorded cases for policies, as `promtool test rules` has them: observations in, expected changes out (pure).

A case names a rule and what it is about; each step is `<what> at <moment>`, in local time. Observations are figures
(`70/100`, with `recent 40/60`, `expecting 500`, `no_data 3` or `source_silent` behind them), for every other rule the
truth itself: `breach` or `clear`. Between them people act: `acknowledge`, `acknowledge until <moment>`, `note <text>`,
`escalate`, `end_silence`, `silence until <moment>` (this alert; `silence unit until …`, also `rule` and `indicator`).
Expected lines: `<state> to <receivers> at <moment>`.
"""

import difflib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from services.alerts import kinds
from services.alerts.finding import Finding, Scope
from services.alerts.past.player import Player
from services.alerts.policy import RULES, Policies
from services.alerts.routing import receivers_of
from services.alerts.snapshot import Cell
from shared.catalogue import Catalogue
from shared.contracts.commands import Action, Command, Matching
from shared.local_time import LOCAL

FIGURES = re.compile(r"^(?P<num>\d+)/(?P<den>\d+)(?: recent (?P<rn>\d+)/(?P<rd>\d+))?(?: expecting (?P<expected>\d+))?"
                     r"(?: no_data (?P<missing>\d+))?(?P<silent> source_silent)?$")  # fmt: skip

ORDERS = re.compile(r"^(?P<action>acknowledge|escalate|note|end_silence|silence(?: (?P<all>unit|rule|indicator))?)"
                    r"(?: until (?P<until>[-\d: ]+))?(?: (?P<note>.+))?$")  # fmt: skip
"""What people do, in the words of `shared.contracts.commands`."""

DONE = frozenset({"acknowledged", "noted", "escalated", "silenced", "silence_ended"})

SOMEBODY = "case"
"""Who acts in a case: it says nothing about people."""


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
        scope = _scope(case, at, catalogue)
        if order := ORDERS.match(what):
            _act(player, _command(order, scope, at, player), what, at)
        else:
            player.judge({scope.alert_id: _finding(scope, case, (what, at), policies, catalogue)}, at)
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


def _act(player: Player, command: Command, what: str, at: datetime) -> None:
    """What would have had no effect is a mistake of the case."""
    if (became := player.obey(command, at)) not in DONE:
        raise CaseError(f"{what!r} has no effect: {became}")


def _command(order: re.Match[str], scope: Scope, at: datetime, player: Player) -> Command:
    action, matching = order["action"].partition(" ")[0], None
    if action == "silence":
        wide = {order["all"]: getattr(scope, order["all"])} if order["all"] else {"alert_id": scope.alert_id}
        matching = Matching(**wide)
    return Command(
        id=str(UUID(int=len(player.silences))),
        action=cast("Action", action),
        by=SOMEBODY,
        at=at,
        alert_id=scope.alert_id,
        silence_id=player.silences[0].id if player.silences else "",
        matching=matching,
        until=_moment(order["until"]) if order["until"] else None,
        note=order["note"] or "",
    )


def _scope(case: Case, at: datetime, catalogue: Catalogue) -> Scope:
    if case.rule not in kinds.CELL_RULES:
        indicator = "network_coverage" if case.rule == "link_down" else ""
        return Scope(case.rule, case.about, case.unit, indicator)  # type: ignore[arg-type]
    if case.about not in catalogue.figures or case.unit not in catalogue.units:
        raise CaseError(f"no such figure or unit: {case.about} {case.unit}")
    period = str(at.year)
    thing, indicator = f"{case.about}:{case.unit}:{period}", catalogue.indicator_of(case.about).slug
    return Scope(case.rule, thing, case.unit, indicator, case.about, period)


def _finding(scope: Scope, case: Case, seen: tuple[str, datetime], policies: Policies, catalogue: Catalogue) -> Finding:
    what, at = seen
    if scope.rule in kinds.CELL_RULES:
        return Finding(scope, *kinds.SEE[scope.rule](_cell(case, what, at, catalogue), policies.policy_for(scope)))
    if what not in {"breach", "clear", "neither"}:
        raise CaseError(f"{what!r} is none of breach, clear, neither")
    return Finding(scope, what, what)  # type: ignore[arg-type]


def _cell(case: Case, what: str, at: datetime, catalogue: Catalogue) -> Cell:
    found = FIGURES.match(what)
    if found is None:
        raise CaseError(f"{what!r} are no figures such as 70/100 recent 40/60 expecting 500")
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
