"""What would have arrived: changes told → messages per receiver, by working time, grouping and limit (pure)."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from services.alerts.grouping import RATE_WINDOW, Pace, Waiting, is_critical, plan
from services.alerts.past.player import Told
from services.alerts.policy import PolicyFile
from services.alerts.routing import not_before
from services.alerts.state import Change
from services.alerts.store import Notification
from shared.catalogue.working_days import WorkingCalendar


class Arrived(NamedTuple):
    """A message at its receiver; `changes` are the ids of what it told."""

    receiver: str
    at: datetime
    critical: bool
    notifications: tuple[Notification, ...]


def messages(
    told: Iterable[Told], pace_of: Callable[[str], Pace], file: PolicyFile, days: WorkingCalendar
) -> list[Arrived]:
    """All messages, in the order of receivers and time; whoever keeps no working time is not modelled."""
    waiting: dict[str, list[Waiting]] = {}
    for one in told:
        due = not_before(one.change.at, one.policy.calendar, file.working_time, days)
        for receiver in one.receivers:
            waiting.setdefault(receiver, []).append(Waiting(_notification(one.change, one.receivers), due))
    return [message for name, each in sorted(waiting.items()) for message in _sent(name, each, pace_of(name))]


def _sent(receiver: str, arriving: list[Waiting], pace: Pace) -> list[Arrived]:
    """The queue's own plan, from one of its moments to the next."""
    arrived, sent = list[Arrived](), list[datetime]()
    queue, place, now = list[Waiting](), 0, arriving[0].notification.at
    while queue or place < len(arriving):
        while place < len(arriving) and arriving[place].notification.at <= now:
            queue.append(arriving[place])
            place += 1
        sent = [moment for moment in sent if now - moment < RATE_WINDOW]
        planned = plan(queue, pace, sent, now)
        if planned.send:
            batch = set(map(id, planned.send))
            queue = [one for one in queue if id(one) not in batch]
            critical = is_critical(planned.send)
            arrived.append(Arrived(receiver, now, critical, tuple(one.notification for one in planned.send)))
            sent += [] if critical else [now]
            continue
        comes = [arriving[place].notification.at] if place < len(arriving) else []
        now = min([*comes, *([planned.wake] if planned.wake else [])])
    return arrived


def _notification(change: Change, receivers: tuple[str, ...]) -> Notification:
    """Identity and moment; nobody reads its sentence."""
    scope, state = change.scope, change.state
    return Notification(
        *(change.id, scope.alert_id, state.number, scope.rule, scope.thing, scope.indicator, scope.figure, scope.unit),
        *(scope.period, change.kind, change.from_state, state.name, change.reason, change.severity, change.at, ""),
        receivers=receivers,
    )


def per_receiver(arrived: Iterable[Arrived]) -> Mapping[str, int]:
    """How many messages each would have got."""
    counts: dict[str, int] = {}
    for one in arrived:
        counts[one.receiver] = counts.get(one.receiver, 0) + 1
    return counts
