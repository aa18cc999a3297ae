"""A unit's figure, period to date, does not meet its target."""

from collections.abc import Iterator

from services.alerts.finding import Finding
from services.alerts.kinds.figures import Judgement, facts_of, judge, scope_of, too_early
from services.alerts.policy import Policies, Policy
from services.alerts.snapshot import Cell, Snapshot


def find(snapshot: Snapshot, policies: Policies) -> Iterator[Finding]:
    """One finding per cell; a cell that is gone from the board has none, so that nothing ends its alert."""
    for cell in snapshot.cells:
        scope = scope_of("below_target", cell)
        policy = policies.policy_for(scope)
        yield Finding(scope, *see(cell, policy), facts_of(cell, policy, snapshot))


def see(cell: Cell, policy: Policy) -> Judgement:
    """What the period to date says, once it is old enough to say anything."""
    if too_early(cell, policy):
        return "neither", "too_few_days"
    return judge(cell.num, cell.den, cell, policy)
