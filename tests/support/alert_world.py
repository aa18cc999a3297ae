"""What an evaluator sees and what it has recorded, over the in-memory store."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.alerts.evaluator import Evaluator, Seen, Senses
from services.alerts.finding import Finding, Truth
from services.alerts.policy import Policies, Policy
from services.alerts.settling import Question
from services.alerts.state import Change
from services.alerts.store import Notification
from services.alerts.watermark import Watermark
from tests.support.alert_store import MemoryAlerts, MemoryAlertStore
from tests.support.alerts import NOW, found, policies


def everybody(change: Change, policy: Policy) -> tuple[str, ...]:
    return policy.receivers if change.tell else ()


@dataclass
class World:
    """What there is to see, and the clock; evaluators over the same tables stand for one process after another."""

    findings: Sequence[Finding] = ()
    offset: int = 0
    now: datetime = NOW
    held: bool | None = True
    asked: list[Sequence[Question]] = field(default_factory=list)
    read_behind: list[list[str]] = field(default_factory=list)
    """Of each reading of what lies behind changes, the states that these lead to."""
    tables: MemoryAlerts = field(default_factory=MemoryAlerts)
    policies: Policies = field(default_factory=policies)
    marks: Callable[[int], Sequence[Watermark]] = lambda offset: [Watermark(0, offset, NOW.isoformat())]

    def evaluator(self) -> Evaluator:
        """Elected just now."""
        store = MemoryAlertStore(self.tables)
        standing = store.take_over(self.tables.token + 1)
        senses = Senses(lambda _: Seen(self.marks(self.offset), self.findings), self._held_then, self._background)
        return Evaluator(senses, store, self.policies, everybody, lambda: self.now, standing)

    def sees(self, *truths: Truth | Finding, after: timedelta = timedelta(0)) -> "World":
        """From now on, so much later; a bare truth is that of the one cell."""
        self.findings = [found(one) if isinstance(one, str) else one for one in truths]
        self.now += after
        return self

    def _held_then(self, asked: Sequence[Question]) -> dict[str, bool]:
        self.asked.append(asked)
        return {} if self.held is None else {one.scope.alert_id: self.held for one in asked}

    def _background(self, changes: Sequence[Change], since: Mapping[int, int]) -> Sequence[Change]:
        del since
        self.read_behind.append([one.state.name for one in changes])
        return changes


def told(notifications: Sequence[Notification] | None) -> list[tuple[str, str]]:
    assert notifications is not None, "the snapshot was behind"
    return [(one.change, one.state) for one in notifications]
