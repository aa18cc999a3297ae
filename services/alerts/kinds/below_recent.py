"""Early warning: the last 30 days do not meet the target while the period to date still does."""

from collections.abc import Iterator

from services.alerts.finding import Finding
from services.alerts.kinds.figures import Judgement, facts_of, judge, meets, percent, scope_of
from services.alerts.policy import Policies, Policy
from services.alerts.snapshot import Cell, Snapshot


def find(snapshot: Snapshot, policies: Policies) -> Iterator[Finding]:
    """One finding per cell of a flow: a stock has no last 30 days."""
    for cell in snapshot.cells:
        if cell.recent_num is None or cell.recent_den is None:
            continue
        scope = scope_of("below_recent", cell)
        policy = policies.policy_for(scope)
        recent = {
            "recent_numerator": cell.recent_num,
            "recent_denominator": cell.recent_den,
            "recent_percent": percent(cell.recent_num, cell.recent_den, cell),
        }
        yield Finding(scope, *see(cell, policy), facts_of(cell, policy, snapshot) | recent)


def see(cell: Cell, policy: Policy) -> Judgement:
    """A year that falls below is another rule's news: then the warning is neither raised nor taken for good news."""
    if cell.recent_num is None or cell.recent_den is None:
        return "neither", "no_recent_days"
    if cell.as_of > cell.end:
        return "neither", "period_over"
    truth, reason = judge(cell.recent_num, cell.recent_den, cell, policy)
    if truth != "breach":
        return truth, reason
    if not meets(cell.num, cell.den, cell.target, cell.comparator):
        return "neither", "period_below_target"
    return "breach", "recent_below_target"
