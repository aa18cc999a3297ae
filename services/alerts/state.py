"""Where an alert stands, and one change of it: recorded, read back at a take-over, never wiped by an update."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from services.alerts.finding import Scope
from shared.contracts.alerts import Severity

StateName = Literal["ok", "pending", "firing", "lost", "resolved", "withdrawn"]
OPEN: frozenset[StateName] = frozenset({"firing", "lost"})
"""States in which people are expected to act."""

ChangeKind = Literal[
    "state", "acknowledged", "acknowledgement_ended", "noted", "escalated", "flapping", "steady", "released"
]
"""`released`: what had kept an alert quiet (a silence, a graver alert) is over, so that it is told now.

`flapping` also moves the state: it is the turn that was one too many.
"""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody has taken it on, until a moment if one was named."""

    by: str
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AlertState:
    """Everything that the machine needs to go on after a restart. `number` counts changes, so that ids never repeat.

    `since`: entered `name`. `clear_since`: an open alert's condition has been gone since then; not recorded, so that a
    take-over waits anew. `turns`: moments at which it fired or ended, newest last, as far back as flapping looks.
    `told`: the state that receivers believe it to be in. `severity`: how grave it was at its last change. `judged_by`:
    the policy's numbers and the target by which it fired, so that editing these never makes it look withdrawn.
    """

    name: StateName = "ok"
    number: int = 0
    since: datetime | None = None
    fired_at: datetime | None = None
    clear_since: datetime | None = None
    acknowledgement: Acknowledgement | None = None
    escalation: int = 0
    turns: tuple[datetime, ...] = ()
    flapping: bool = False
    told: StateName = "ok"
    severity: Severity | None = None
    judged_by: Mapping[str, int] = field(default_factory=dict)

    @property
    def untold(self) -> bool:
        """Whether receivers believe something else: that an open alert is none, or one that ended is still open.

        What is pending is told to nobody: it will open or end.
        """
        return self.name not in {"pending", self.told} and (self.name in OPEN or self.told in OPEN)


@dataclass(frozen=True, slots=True)
class Change:
    """One recorded change; `facts` are the frozen evidence, `state` is where the alert stands after it.

    `tell`: receivers get it. `quiet_because`: the silence, graver alert or flapping that keeps them from it.
    `by`, `note`, `command_id` are those of the person and the command behind it.
    """

    scope: Scope
    kind: ChangeKind
    from_state: StateName
    state: AlertState
    reason: str
    at: datetime
    severity: Severity
    facts: Mapping[str, Any] = field(default_factory=dict)
    tell: bool = False
    quiet_because: str = ""
    by: str = ""
    note: str = ""
    command_id: str = ""

    @property
    def id(self) -> str:
        """The same at every attempt to deliver it."""
        return f"{self.scope.alert_id}:{self.state.number}"
