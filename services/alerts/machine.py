"""The pure machine of an alert: (state, finding, circumstances) → (state, change or none, reason). No I/O, no clock.

    ok ──breach──▶ pending ──held──▶ firing ──gone──▶ resolved | withdrawn ──breach──▶ pending …
                                        └──cannot be reached──▶ lost ──gone──▶ resolved | withdrawn

An acknowledgement, escalation and flapping live beside that state and survive every update and every policy edit.
What is merely unknown neither opens nor ends an alert, nor does it stop a hold that is running.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.alerts.finding import Finding, Scope
from services.alerts.policy import Policy
from services.alerts.state import OPEN, Acknowledgement, AlertState, Change, ChangeKind, StateName
from shared.contracts.commands import Command

ALWAYS_TOLD: frozenset[ChangeKind] = frozenset({"escalated", "flapping"})
MOVES: frozenset[ChangeKind] = frozenset({"state", "flapping"})
TOLD_WHEN_NEWS: frozenset[ChangeKind] = frozenset({"state", "released", "steady"})
CLOCKS_APART = timedelta(minutes=1)
"""The clocks of the api's machine and of this one may differ by so much."""


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

    policy: Policy
    now: datetime
    held_then: bool | None = None
    quiet_because: str = ""


def decide(state: AlertState, seen: Finding, around: Circumstances) -> Decision:
    """At most one change; look again until there is none. A disabled policy moves nothing and wipes nothing."""
    if not around.policy.enabled:
        return Decision(state, "disabled")
    return _open(state, seen, around) if state.name in OPEN else _closed(state, seen, around)


def is_at_rest(state: AlertState, seen: Finding) -> bool:
    """Whether `decide` moves nothing, whatever is around it: so of nearly all alerts at nearly every look."""
    closed = state.name not in OPEN and state.name != "pending"
    return closed and seen.truth in {"clear", "neither"} and not state.untold and not state.flapping


def act(state: AlertState, scope: Scope, command: Command, around: Circumstances) -> Decision:
    """What a person asks of one alert. A note is always taken, the rest needs an open alert; no state moves."""
    seen = Finding(scope, "neither", command.action, severity=state.severity)
    if command.action == "note":
        return _changed(state, state, "noted", seen, around, command)
    if state.name not in OPEN or _asked_before(state, command):
        return Decision(state, "not_open")
    if command.action == "acknowledge":
        return _acknowledged(state, seen, around, command)
    if command.action != "escalate":
        return Decision(state, "concerns_no_alert")
    if state.escalation >= len(around.policy.escalation):
        return Decision(state, "no_step_left")
    return _changed(state, replace(state, escalation=state.escalation + 1), "escalated", seen, around, command)


def _asked_before(state: AlertState, command: Command) -> bool:
    """Whether it was meant for an earlier opening: nobody has taken this one on by it, however late it is read."""
    return state.fired_at is not None and command.at < state.fired_at - CLOCKS_APART


def _acknowledged(state: AlertState, seen: Finding, around: Circumstances, command: Command) -> Decision:
    if command.until is not None and command.until <= around.now:
        return Decision(state, "until_has_passed")
    taken = Acknowledgement(command.by, around.now, command.until)
    return _changed(state, replace(state, acknowledgement=taken), "acknowledged", seen, around, command)


def _closed(state: AlertState, seen: Finding, around: Circumstances) -> Decision:
    """ok, pending, resolved, withdrawn."""
    if seen.truth == "clear" and state.name == "pending":
        return _turn(state, "ok", seen, around)
    if seen.truth in {"breach", "lost"}:
        since = state.since if state.name == "pending" and state.since else around.now
        if around.now - since >= around.policy.hold:
            return _turn(state, "lost" if seen.truth == "lost" else "firing", seen, around)
        if state.name != "pending":
            return _turn(state, "pending", seen, around)
    return _beside(state, seen, around)


def _open(state: AlertState, seen: Finding, around: Circumstances) -> Decision:
    """firing, lost. What was lost is told once: that it might be reached again after all is no news."""
    if seen.truth == "lost" and state.name == "firing":
        return _turn(state, "lost", seen, around)
    if seen.truth == "clear":
        return _clearing(state, seen, around)
    return _beside(replace(state, clear_since=None), seen, around)


def _clearing(state: AlertState, seen: Finding, around: Circumstances) -> Decision:
    waiting = replace(state, clear_since=state.clear_since or around.now)
    if around.now - (state.clear_since or around.now) < around.policy.clear_hold:
        return _beside(waiting, seen, around)
    if around.held_then is None:
        return Decision(waiting, "gone", ask=True)
    return _turn(waiting, "resolved" if around.held_then else "withdrawn", seen, around)


def _beside(state: AlertState, seen: Finding, around: Circumstances) -> Decision:
    """What happens beside the state while it stays: acknowledgements end, quiet is over, steps are due."""
    if _acknowledgement_over(state, around.now):
        return _changed(state, replace(state, acknowledgement=None), "acknowledgement_ended", seen, around)
    if state.flapping and not _recent(state, around):
        return _changed(state, replace(state, flapping=False), "steady", seen, around)
    if state.untold and not _quiet(state, around):
        return _changed(state, state, "released", seen, around)
    if _step_due(state, around) and not around.quiet_because:
        return _changed(state, replace(state, escalation=state.escalation + 1), "escalated", seen, around)
    return Decision(state, seen.reason)


def _acknowledgement_over(state: AlertState, now: datetime) -> bool:
    taken = state.acknowledgement
    return state.name in OPEN and taken is not None and taken.until is not None and now >= taken.until


def _step_due(state: AlertState, around: Circumstances) -> bool:
    """Whether nobody has acknowledged until the next step's time, while the condition lasts."""
    steps = around.policy.escalation
    if state.name not in OPEN or state.acknowledgement or state.clear_since or state.escalation >= len(steps):
        return False
    return state.fired_at is not None and around.now - state.fired_at >= steps[state.escalation].after


def _turn(state: AlertState, to: StateName, seen: Finding, around: Circumstances) -> Decision:
    """Enter another state. Acknowledgement and steps belong to one opening; one that flaps is one long opening."""
    opens, ends = to in OPEN and state.name not in OPEN, state.name in OPEN and to not in OPEN
    turned = replace(state, name=to, since=around.now, clear_since=None)
    if opens or ends:
        turned = _turned(turned, around)
    if opens:
        turned = replace(turned, fired_at=around.now, judged_by=around.policy.measures | _target_of(seen))
    if opens and not turned.flapping:
        turned = replace(turned, acknowledgement=None, escalation=0)
    kind: ChangeKind = "flapping" if turned.flapping and not state.flapping else "state"
    return _changed(state, turned, kind, seen, around)


def _target_of(seen: Finding) -> dict[str, int]:
    """A target that is changed later must not make what was below it look right."""
    target = seen.facts.get("target")
    return {"target": target} if isinstance(target, int) else {}


def _turned(state: AlertState, around: Circumstances) -> AlertState:
    """It begins to flap only where that is told: what a silence keeps quiet anyway is not hidden for longer by it."""
    limit, recent = around.policy.flapping.turns, _recent(state, around)
    turns = (*recent, around.now)[-limit - 1 :]
    begins = len(turns) > limit and not around.quiet_because
    return replace(state, turns=turns, flapping=begins or (state.flapping and bool(recent)))


def _recent(state: AlertState, around: Circumstances) -> tuple[datetime, ...]:
    return tuple(turn for turn in state.turns if around.now - turn < around.policy.flapping.within)


def _changed(
    before: AlertState,
    after: AlertState,
    kind: ChangeKind,
    seen: Finding,
    around: Circumstances,
    command: Command | None = None,
) -> Decision:
    """Record it; tell it when it is news and nothing keeps it quiet. What was kept quiet is told when that is over."""
    quiet = _quiet(after, around) if after.untold else ""
    tell = kind in ALWAYS_TOLD or (kind in TOLD_WHEN_NEWS and after.untold and not quiet)
    severity = seen.severity or around.policy.severity
    state = replace(after, number=before.number + 1, severity=severity, told=after.name if tell else after.told)
    reason = seen.reason if kind in MOVES else kind
    change = Change(
        *(seen.scope, kind, before.name, state, reason, around.now, severity, seen.facts),
        tell=tell,
        quiet_because="" if tell else quiet,
        by=command.by if command else "",
        note=command.note if command else "",
        command_id=command.id if command else "",
    )
    return Decision(state, reason, change)


def _quiet(state: AlertState, around: Circumstances) -> str:
    return around.quiet_because or ("flapping" if state.flapping else "")
