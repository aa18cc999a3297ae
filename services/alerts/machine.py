"""The pure machine of an alert: (state, observation, policy, now) → (state, transition or none)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.alerts.observation import Observation
from services.alerts.policy import Policy

StateName = Literal["ok", "firing", "resolved"]
Reason = Literal[
    "below_target",
    "target_met",
    "still_below",
    "still_met",
    "too_few_events",
    "within_margin",
    "waiting_for_data",
    "no_target",
    "disabled",
]


@dataclass(frozen=True, slots=True)
class AlertState:
    """Where an alert stands: `number` counts its transitions, so ids never repeat."""

    name: StateName = "ok"
    number: int = 0


@dataclass(frozen=True, slots=True)
class Transition:
    """One recorded change of an alert; the observation is its frozen evidence."""

    alert_id: str
    number: int
    from_state: StateName
    to_state: StateName
    reason: Reason
    at: datetime
    observation: Observation


@dataclass(frozen=True, slots=True)
class Decision:
    """The state after an observation, why, and the transition to record, if any."""

    state: AlertState
    reason: Reason
    transition: Transition | None = None


def decide(state: AlertState, seen: Observation, policy: Policy, now: datetime) -> Decision:
    """Decide on one cell. No data, too few events or a missing target never resolve a firing alert."""
    reason = judge(seen, policy)
    if reason == "below_target" and state.name == "firing":
        return Decision(state, "still_below")
    if reason == "target_met" and state.name != "firing":
        return Decision(state, "still_met")
    if reason == "below_target":
        return _move(state, "firing", reason, seen, now)
    if reason == "target_met":
        return _move(state, "resolved", reason, seen, now)
    return Decision(state, reason)


def judge(seen: Observation, policy: Policy) -> Reason:
    """What the figures say, whatever the alert's state: integers only, with the target's own comparator."""
    if not policy.enabled:
        return "disabled"
    if seen.target < 0:
        return "no_target"
    if seen.den < policy.min_denominator:
        return "too_few_events"
    return _compare(seen, policy)


def _compare(seen: Observation, policy: Policy) -> Reason:
    """`waiting_for_data`: it would be met if what was never heard of were; silence has an alert of its own kind."""
    tolerated = (seen.target - policy.margin_points) * seen.den
    if seen.status == "met":
        return "target_met"
    if policy.margin_points and seen.num * 100 >= tolerated:
        return "within_margin"
    if seen.no_data and (seen.num + seen.no_data) * 100 >= tolerated:
        return "waiting_for_data"
    return "below_target"


def _move(state: AlertState, to: StateName, reason: Reason, seen: Observation, now: datetime) -> Decision:
    number = state.number + 1
    transition = Transition(seen.alert_id, number, state.name, to, reason, now, seen)
    return Decision(AlertState(to, number), reason, transition)
