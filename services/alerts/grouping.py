"""What a receiver's queue sends next: groups, digests and the limit per hour (pure)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from services.alerts.gravity import gravities
from services.alerts.store import Notification

GroupBy = Literal["none", "unit", "indicator", "rule"]
RATE_WINDOW = timedelta(hours=1)
ID_HEX_DIGITS = 32
"""128 bits: no two digests share an id."""


@dataclass(frozen=True, slots=True)
class Message:
    """One delivery: a single change, or the digest of several."""

    notifications: tuple[Notification, ...]

    @property
    def id(self) -> str:
        """The change's own, or one that the same changes always have together."""
        if len(self.notifications) == 1:
            return self.notifications[0].id
        ids = "\n".join(sorted(notification.id for notification in self.notifications))
        return "digest:" + hashlib.sha256(ids.encode()).hexdigest()[:ID_HEX_DIGITS]

    @property
    def newest(self) -> tuple[Notification, ...]:
        """Each alert as it is now: an older change of the same alert shows no figure any more."""
        newest: dict[str, Notification] = {}
        for one in self.notifications:
            if one.alert_id not in newest or newest[one.alert_id].number < one.number:
                newest[one.alert_id] = one
        return tuple(newest.values())


@dataclass(frozen=True, slots=True)
class Waiting:
    """`due`: it may be told from then on. `tried`: the first attempt, if there was one."""

    notification: Notification
    due: datetime
    attempts: int = 0
    tried: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How a receiver wants to be told. `apart`: every change is a message of its own, as machines want it.

    Otherwise changes of one alert that wait together are one message, also with `group_by` none.
    """

    group_by: GroupBy = "none"
    group_wait: timedelta = timedelta(0)
    rate_per_hour: int | None = None
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Send these now as one message; when there are none, look again at `wake` (None: when something arrives)."""

    send: tuple[Waiting, ...] = ()
    wake: datetime | None = None


def plan(waiting: Sequence[Waiting], pace: Pace, sent: Sequence[datetime], now: datetime) -> Plan:
    """The gravest ready group; all that is ready as one digest when the hour's limit leaves no message for each.

    What is critical goes at once, whatever the limit. `waiting` is in the order of arrival, `sent` are the moments of
    messages that count towards the limit. Nothing is ever dropped.
    """
    ready = [group for group in _groups(waiting, pace, now) if _ready_at(group, pace) <= now]
    free_at = next_slot(sent, pace.rate_per_hour, now)
    if ready and free_at <= now:
        fits = pace.rate_per_hour is None or len(ready) <= pace.rate_per_hour - _recent(sent, now)
        return Plan(tuple(ready[0] if fits else [one for group in ready for one in group]))
    if critical := [group for group in ready if is_critical(group)]:
        return Plan(tuple(critical[0]))
    moments = [one.due + pace.group_wait for one in waiting if one.due + pace.group_wait > now]
    return Plan(wake=min([*moments, *([free_at] if ready else [])], default=None))


def next_slot(sent: Sequence[datetime], rate_per_hour: int | None, now: datetime) -> datetime:
    """When the next message may be sent; `now` or earlier means at once."""
    if rate_per_hour is None or _recent(sent, now) < rate_per_hour:
        return now
    return sorted(sent)[-rate_per_hour] + RATE_WINDOW


def is_critical(group: Sequence[Waiting]) -> bool:
    """Whether one of them is critical: then the message counts towards no limit."""
    return any(one.notification.severity == "critical" for one in group)


def _recent(sent: Sequence[datetime], now: datetime) -> int:
    return sum(now - moment < RATE_WINDOW for moment in sent)


def _ready_at(group: Sequence[Waiting], pace: Pace) -> datetime:
    return min(one.due for one in group) + pace.group_wait


def _groups(waiting: Sequence[Waiting], pace: Pace, now: datetime) -> list[list[Waiting]]:
    """Those that may be told now, by group: the gravest first, of equally grave ones that of the earliest arrival."""
    gravity = gravities(one.notification for one in waiting)
    groups: dict[str, list[Waiting]] = {}
    for one in waiting:
        if one.due <= now:
            groups.setdefault(_key(one.notification, pace), []).append(one)
    return sorted(groups.values(), key=lambda group: -max(gravity[one.notification.alert_id] for one in group))


def _key(notification: Notification, pace: Pace) -> str:
    """What has no unit or no indicator (a source, a duty) is grouped by its alert."""
    if pace.group_by == "none":
        return notification.id if pace.apart else notification.alert_id
    value = {"unit": notification.unit, "indicator": notification.indicator, "rule": notification.rule}[pace.group_by]
    return f"{pace.group_by}={value}" if value else notification.alert_id
