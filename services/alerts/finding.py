"""What one rule sees of one thing in one snapshot: identity, truth, the reason, and the figures of its evidence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from shared.contracts.alerts import Rule, Severity

Truth = Literal["breach", "lost", "clear", "neither"]
"""`neither` starts nothing and ends nothing: no data, too few events, within margin or hysteresis, no target."""

REMINDER_OVER = "reminder_over"
"""Reason of an end that is no news: a reminder's day is over, or its report is there."""

PERIOD_CLOSED = "period_closed"
"""Reason of an end that is no news: the month after the period, in which late events may still move it, has passed."""

NO_NEWS = frozenset({REMINDER_OVER, PERIOD_CLOSED})
"""Ends that are recorded and told to no person."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which alert it is. `thing` is unique within the rule: `figure:unit:period`, a source, a subject, a duty.

    Identity only: no figure, no state, nothing that changes while the alert lives.
    """

    rule: Rule
    thing: str
    unit: str = ""
    indicator: str = ""
    figure: str = ""
    period: str = ""

    @property
    def alert_id(self) -> str:
        """Deterministic: the same on every replica and after every restart."""
        return f"{self.rule}:{self.thing}"


@dataclass(frozen=True, slots=True)
class Finding:
    """`facts` are JSON values only: numbers, names and offsets that the sentence says and the evidence freezes.

    `severity` outranks the policy's where the event itself says how grave it is.
    """

    scope: Scope
    truth: Truth
    reason: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity | None = None
