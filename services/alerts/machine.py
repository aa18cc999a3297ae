"""The pure machine of an alert: (state, finding, policy, now) → (state, change or none, reason). No I/O, no clock.

    ok ──breach──▶ pending ──held──▶ firing ──gone──▶ resolved | withdrawn ──breach──▶ pending …
                                        └──cannot be reached──▶ lost ──gone──▶ resolved | withdrawn

An acknowledgement, escalation and flapping live beside that state and survive every update and every policy edit.
Nothing that is merely unknown moves an alert.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from services.alerts.finding import Finding
from services.alerts.policy import Flapping, Policy
from services.alerts.state import OPEN, AlertState, Change, ChangeKind, StateName


@dataclass(frozen=True, slots=True)
class Decision:
    """`change` is recorded, then told if it says so. `ask`: decide again with `held_then`, before it can end."""

    state: AlertState
    reason: str
    change: Change | None = None
    ask: bool = False


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What lies outside the thing itself.

    `held_then`: whether, by what is known now, the condition was true when the alert fired; None until it was asked.
    `quiet_because`: the silence or graver alert that keeps this one quiet; empty when none does.
    """

    held_then: bool | None = None
    quiet_because: str = ""


def decide(
    state: AlertState, seen: Finding, policy: Policy, now: datetime, around: Circumstances | None = None
) -> Decision:
    """At most one change; look again until there is none. A disabled policy moves nothing and wipes nothing."""
    around = around or Circumstances()
    if not policy.enabled:
        return Decision(state, "disabled")
    if state.name in OPEN:
        return _open(state, seen, policy, now, around)
    return _closed(state, seen, policy, now, around)


def _closed(state: AlertState, seen: Finding, policy: Policy, now: datetime, around: Circumstances) -> Decision:
    """ok, pending, resolved, withdrawn."""
    if seen.truth == "clear" and state.name == "pending":
        return _turn(state, "ok", seen, policy, now, around)
    if seen.truth in {"breach", "lost"}:
        return _breached(state, seen, policy, now, around)
    return _beside(state, seen, policy, now, around)


def _breached(state: AlertState, seen: Finding, policy: Policy, now: datetime, around: Circumstances) -> Decision:
    waited = state.name == "pending" and state.since is not None and now - state.since >= policy.hold
    if not policy.hold or waited:
        return _turn(state, "lost" if seen.truth == "lost" else "firing", seen, policy, now, around)
    if state.name == "pending":
        return Decision(state, "held")
    return _turn(state, "pending", seen, policy, now, around)


def _open(state: AlertState, seen: Finding, policy: Policy, now: datetime, around: Circumstances) -> Decision:
    """firing, lost. What was lost is told once: that it might be reached again after all is no news."""
    if seen.truth == "lost" and state.name == "firing":
        return _turn(state, "lost", seen, policy, now, around)
    if seen.truth == "clear":
        return _clearing(state, seen, policy, now, around)
    return _beside(replace(state, clear_since=None), seen, policy, now, around)


def _clearing(state: AlertState, seen: Finding, policy: Policy, now: datetime, around: Circumstances) -> Decision:
    since = state.clear_since or now
    waiting = replace(state, clear_since=since)
    if now - since < policy.clear_hold:
        return _beside(waiting, seen, policy, now, around)
    if around.held_then is None:
        return Decision(waiting, "gone", ask=True)
    return _turn(waiting, "resolved" if around.held_then else "withdrawn", seen, policy, now, around)


def _beside(state: AlertState, seen: Finding, policy: Policy, now: datetime, around: Circumstances) -> Decision:
    """What happens beside the state while it stays: acknowledgements end, quiet is over, steps are due."""
    taken = state.acknowledgement
    if taken and taken.until is not None and now >= taken.until:
        return _changed(state, replace(state, acknowledgement=None), "acknowledgement_ended", seen, policy, now, around)
    if state.flapping and not _recent(state.turns, policy.flapping, now):
        return _changed(state, replace(state, flapping=False), "steady", seen, policy, now, around)
    if state.untold and not _quiet(state, around):
        return _changed(state, state, "released", seen, policy, now, around)
    if _step_due(state, policy, now) and not around.quiet_because:
        return _changed(state, replace(state, escalation=state.escalation + 1), "escalated", seen, policy, now, around)
    return Decision(state, seen.reason)


def _step_due(state: AlertState, policy: Policy, now: datetime) -> bool:
    """Whether nobody has acknowledged until the next step's time."""
    if state.name not in OPEN or state.acknowledgement or state.escalation >= len(policy.escalation):
        return False
    return state.fired_at is not None and now - state.fired_at >= policy.escalation[state.escalation].after


def _turn(
    state: AlertState, to: StateName, seen: Finding, policy: Policy, now: datetime, around: Circumstances
) -> Decision:
    """Enter another state. An acknowledgement and the steps taken belong to one opening and end with it."""
    opens, ends = to in OPEN and state.name not in OPEN, state.name in OPEN and to not in OPEN
    turned = replace(state, name=to, since=now, clear_since=None)
    if opens:
        turned = replace(turned, fired_at=now, acknowledgement=None, escalation=0)
    if opens or ends:
        turned = _turned(turned, policy.flapping, now)
    kind: ChangeKind = "flapping" if turned.flapping and not state.flapping else "state"
    return _changed(state, turned, kind, seen, policy, now, around)


def _turned(state: AlertState, flapping: Flapping, now: datetime) -> AlertState:
    turns = (*_recent(state.turns, flapping, now), now)
    return replace(state, turns=turns, flapping=state.flapping or len(turns) > flapping.turns)


def _recent(turns: tuple[datetime, ...], flapping: Flapping, now: datetime) -> tuple[datetime, ...]:
    return tuple(turn for turn in turns if now - turn < flapping.within)


def _changed(
    before: AlertState,
    after: AlertState,
    kind: ChangeKind,
    seen: Finding,
    policy: Policy,
    now: datetime,
    around: Circumstances,
) -> Decision:
    """Record it; tell it unless something keeps it quiet. What was kept quiet is told when that is over."""
    quiet = around.quiet_because if kind == "flapping" else _quiet(after, around)
    matters = kind in {"escalated", "flapping"} or after.untold
    tell = matters and not quiet
    state = replace(after, number=before.number + 1, told=after.name if tell else after.told)
    reason = seen.reason if kind == "state" else kind
    severity = seen.severity or policy.severity
    change = Change(
        seen.scope, kind, before.name, state, reason, now, severity, seen.facts, tell, quiet if matters else ""
    )
    return Decision(state, reason, change)


def _quiet(state: AlertState, around: Circumstances) -> str:
    return around.quiet_because or ("flapping" if state.flapping else "")
