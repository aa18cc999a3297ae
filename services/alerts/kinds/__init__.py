"""The kinds of alert, one file each: a snapshot and the policies in, findings out; no I/O, no state, no clock."""

from collections.abc import Callable, Iterator
from typing import Any

from services.alerts.finding import Finding, Scope
from services.alerts.kinds import (
    below_recent,
    below_target,
    data_quality,
    figures,
    link_down,
    pace,
    report_due,
    security_event,
    source_silent,
    system_undocumented,
    system_unmonitored,
)
from services.alerts.policy import Policies, Policy
from services.alerts.snapshot import Cell, Snapshot
from shared.contracts.alerts import Rule

KINDS: dict[Rule, Callable[[Snapshot, Policies], Iterator[Finding]]] = {
    "below_target": below_target.find,
    "below_recent": below_recent.find,
    "pace": pace.find,
    "source_silent": source_silent.find,
    "system_undocumented": system_undocumented.find,
    "system_unmonitored": system_unmonitored.find,
    "link_down": link_down.find,
    "security_event": security_event.find,
    "report_due": report_due.find,
    "data_quality": data_quality.find,
}

CELL_RULES: frozenset[Rule] = frozenset({"below_target", "below_recent", "pace"})
"""Rules that judge a cell's figures: `held_then` asks them anew, with the figures as known now."""

EVENT_RULES: frozenset[Rule] = frozenset(
    {"system_undocumented", "system_unmonitored", "link_down", "security_event", "report_due"}
)
"""Rules that judge effective events: `held_at` asks them anew. That a source was silent stays true for ever."""


SEE: dict[Rule, Callable[[Cell, Policy], figures.Judgement]] = {
    "below_target": below_target.see,
    "below_recent": below_recent.see,
    "pace": pace.see,
}
"""What a rule of `CELL_RULES` says of one cell."""


def findings(snapshot: Snapshot, policies: Policies) -> Iterator[Finding]:
    """What every rule that can alert sees of every thing in the snapshot."""
    for rule, find in KINDS.items():
        if policies.can_alert(rule):
            yield from find(snapshot, policies)


def held_then(scope: Scope, cell: Cell, policy: Policy) -> bool:
    """Whether the condition of a rule about cells was true, by a cell's figures as they are known now.

    An early warning was right as well when the whole period turns out to have been below.
    """
    truth, reason = SEE[scope.rule](cell, policy)
    return truth in {"breach", "lost"} or reason == "period_below_target"


def then_facts(cell: Cell) -> dict[str, Any]:
    """What the sentence of a withdrawn alert says: the figures of the moment it fired, as they are known now."""
    shown = figures.percent(cell.num, cell.den, cell)
    return {"then": {"numerator": cell.num, "denominator": cell.den, "percent": shown}}


def held_at(scope: Scope, then: Snapshot, policies: Policies) -> bool:
    """The same for rules about events: `then` holds, as of the firing, the events that are effective now.

    A thing that is not in it was never said, by what is known now.
    """
    return any(one.scope == scope and one.truth == "breach" for one in KINDS[scope.rule](then, policies))
