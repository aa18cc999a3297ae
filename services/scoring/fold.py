"""Corrections, retractions, displacements: which events of a record are effective, and what became of the others.

Every step is a loop: a chain of a hundred thousand links may be slow but cannot end the worker.
"""

from collections.abc import Iterable, Sequence

from services.scoring.records import Kept
from shared.contracts.event import ALL_UNITS
from shared.contracts.platform import names_displaced

RETRACTION = "event.retracted"

Ident = tuple[str, str]
"""(source, id)"""

LinkFate = tuple[str, str]
"""(outcome, id of the other event)"""


def effective(events: Sequence[Kept]) -> tuple[list[Kept], dict[Ident, LinkFate]]:
    """The effective events, and (outcome, other id) of every event that is a link or is not effective.

    - A retraction acts unless another acting retraction takes it back; it can neither correct nor be corrected.
    - A correction replaces the event it names; of several that are not taken back the highest (recordedtime, id).
    - An event that is taken back takes its corrections with it.
    - A link acts within its own unit, and on other units that its sender's key speaks for; beyond that, as a link to
      nothing, it is an orphan. A ring of links is a cycle. Neither has an effect.
    - An event that the platform displaced is a conflict, and to every link it is not there.
    """
    fates = _displaced(events)
    events = [e for e in events if (e.source, e.id) not in fates]
    known = {(e.source, e.id): e for e in events}
    hit = _retractions([e for e in events if e.type == RETRACTION], known, fates)
    children: dict[Ident, list[Kept]] = {}
    roots, lost = [], []
    for event in events:
        if event.type == RETRACTION:
            continue
        if not event.corrects:
            roots.append(event)
            continue
        target = _target(event, known)
        if target is None or target.type == RETRACTION:
            lost.append(event)
        else:
            children.setdefault((event.source, event.corrects), []).append(event)
    standing = []
    for root in roots:
        winner = _winner(root, children, hit)
        if winner is not None:
            standing.append(winner)
        _settle(root, winner, children, hit, fates)
    _without_effect("orphan", lost, children, hit, fates)
    whole = {(e.source, e.id) for e in standing}
    for event in events:
        ident = (event.source, event.id)
        if ident not in fates and ident not in whole:
            fates[ident] = _taken_back(event, hit) or ("cycle", event.corrects)
    return standing, fates


def _displaced(events: Sequence[Kept]) -> dict[Ident, LinkFate]:
    """Outcomes of the platform's displacements and of what they take out; nothing acts on a displacement itself."""
    displacing = sorted((e for e in events if names_displaced(e.type, e.source)), key=lambda e: e.id, reverse=True)
    if not displacing:
        return {}
    named = {(str(e.data.get("source")), str(e.data.get("id"))): e.id for e in displacing}
    own = {(e.source, e.id) for e in displacing}
    there = {(e.source, e.id) for e in events} - own
    fates = {ident: ("conflict", displacer) for ident, displacer in named.items() if ident in there}
    for event in displacing:
        ident = (str(event.data.get("source")), str(event.data.get("id")))
        fates[event.source, event.id] = ("noted" if ident in there else "orphan", ident[1])
    return fates


def _retractions(retractions: list[Kept], known: dict[Ident, Kept], fates: dict[Ident, LinkFate]) -> dict[Ident, Kept]:
    """Event that is taken back → the acting retraction (of several the highest (recordedtime, id)).

    A retraction is decided once all that name it are; those that are never decided stand in a ring.
    """
    waiting = dict.fromkeys(((r.source, r.id) for r in retractions), 0)
    targets = {(r.source, r.id): _target(r, known) for r in retractions}
    for target in targets.values():
        if target is not None and target.type == RETRACTION:
            waiting[target.source, target.id] += 1
    ready = [r for r in retractions if waiting[r.source, r.id] == 0]
    hit: dict[Ident, Kept] = {}
    while ready:
        retraction = ready.pop()
        target = targets[retraction.source, retraction.id]
        fates[retraction.source, retraction.id] = _act(retraction, target, hit)
        if target is not None and target.type == RETRACTION:
            waiting[target.source, target.id] -= 1
            if waiting[target.source, target.id] == 0:
                ready.append(target)
    for retraction in retractions:
        if waiting[retraction.source, retraction.id] > 0:
            fate = _taken_back(retraction, hit) or ("cycle", _named(retraction))
            fates[retraction.source, retraction.id] = fate
    return hit


def _act(retraction: Kept, target: Kept | None, hit: dict[Ident, Kept]) -> LinkFate:
    """Takes the target back unless the retraction itself is, or has none that it may act on."""
    taken_back = _taken_back(retraction, hit)
    if taken_back is not None:
        return taken_back
    if target is None:
        return ("orphan", _named(retraction))
    rival = hit.get((target.source, target.id))
    if rival is None or (retraction.recorded, retraction.id) > (rival.recorded, rival.id):
        hit[target.source, target.id] = retraction
    return ("noted", target.id)


def _named(link: Kept) -> str:
    return str(link.data.get("id", "")) if link.type == RETRACTION else link.corrects


def _target(link: Kept, known: dict[Ident, Kept]) -> Kept | None:
    """The event that the link names, if it is there and the link may act on its unit.

    A source is a system, which units may share: that the source is the same does not say that the sender is.
    """
    target = known.get((link.source, _named(link)))
    if target is None or target.unit == link.unit or target.unit in link.reach or link.reach == ALL_UNITS:
        return target
    return None


def _taken_back(event: Kept, hit: dict[Ident, Kept]) -> LinkFate | None:
    retraction = hit.get((event.source, event.id))
    return None if retraction is None else ("retracted", retraction.id)


def _winner(root: Kept, children: dict[Ident, list[Kept]], hit: dict[Ident, Kept]) -> Kept | None:
    if (root.source, root.id) in hit:
        return None
    winner = root
    while True:
        live = [c for c in children.get((winner.source, winner.id), ()) if (c.source, c.id) not in hit]
        if not live:
            return winner
        winner = max(live, key=lambda c: (c.recorded, c.id))


def _settle(
    root: Kept,
    winner: Kept | None,
    children: dict[Ident, list[Kept]],
    hit: dict[Ident, Kept],
    fates: dict[Ident, LinkFate],
) -> None:
    """Outcomes of a root and of all that corrects it, the winner's left open."""
    stack: list[tuple[Kept, LinkFate | None]] = [(root, None)]
    while stack:
        event, inherited = stack.pop()
        fate = inherited or _taken_back(event, hit)
        stack.extend((child, fate) for child in children.get((event.source, event.id), ()))
        if fate is not None:
            fates[event.source, event.id] = fate
        elif event is not winner and winner is not None:
            fates[event.source, event.id] = ("superseded", winner.id)


def _without_effect(
    outcome: str,
    tops: Iterable[Kept],
    children: dict[Ident, list[Kept]],
    hit: dict[Ident, Kept],
    fates: dict[Ident, LinkFate],
) -> None:
    stack = list(tops)
    while stack:
        event = stack.pop()
        fates[event.source, event.id] = _taken_back(event, hit) or (outcome, event.corrects)
        stack.extend(children.get((event.source, event.id), ()))
