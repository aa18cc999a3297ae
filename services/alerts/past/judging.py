"""What every rule sees of what may have moved, without the facts that no replay reads (pure).

Nearly all figures of a year's minutes are fine: what is fine and was never otherwise is not even named.
"""

from collections.abc import Container, Iterable

from services.alerts import kinds
from services.alerts.finding import Finding, Scope
from services.alerts.kinds.figures import scope_of
from services.alerts.policy import Policies, Policy
from services.alerts.snapshot import Cell, Snapshot
from shared.contracts.alerts import Rule

QUIET = frozenset({"clear", "neither"})


class Judging:
    """One set of policies; remembers each cell's identity and policy, which never change."""

    def __init__(self, policies: Policies) -> None:
        self._policies = policies
        self._cell_rules = [rule for rule in kinds.SEE if policies.can_alert(rule)]
        self._others = [
            find for rule, find in kinds.KINDS.items() if rule not in kinds.SEE and policies.can_alert(rule)
        ]
        self._known: dict[tuple[Rule, str, str, str], tuple[Scope, str, Policy]] = {}

    def found(self, snapshots: Iterable[Snapshot], standing: Container[str]) -> dict[str, Finding]:
        """By alert id, as `kinds.findings` has them; `standing`: ids of alerts that ever were anything but fine."""
        found: dict[str, Finding] = {}
        for snapshot in snapshots:
            for find in self._others:
                found |= {one.scope.alert_id: one for one in find(snapshot, self._policies)}
            for rule in self._cell_rules:
                for cell in snapshot.cells:
                    self._judge(rule, cell, found, standing)
        return found

    def _judge(self, rule: Rule, cell: Cell, found: dict[str, Finding], standing: Container[str]) -> None:
        scope, alert_id, policy = self._identity(rule, cell)
        if not policy.enabled:
            return
        truth, reason = kinds.SEE[rule](cell, policy)
        if truth not in QUIET or alert_id in standing:
            found[alert_id] = Finding(scope, truth, reason)

    def _identity(self, rule: Rule, cell: Cell) -> tuple[Scope, str, Policy]:
        key = rule, cell.figure, cell.unit, cell.period
        if key not in self._known:
            scope = scope_of(rule, cell)
            self._known[key] = scope, scope.alert_id, self._policies.policy_for(scope)
        return self._known[key]
