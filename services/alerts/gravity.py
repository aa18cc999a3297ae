"""Who is told first: the gravest, while the changes of one alert stay in their order (pure)."""

from collections.abc import Iterable

from services.alerts.store import Notification
from shared.contracts.alerts import Severity

GRAVITY: dict[Severity, int] = {"info": 0, "warning": 1, "critical": 2}


def gravities(notifications: Iterable[Notification]) -> dict[str, int]:
    """By alert that of its gravest change: told out of order, an older change would be taken for the newest."""
    found: dict[str, int] = {}
    for one in notifications:
        found[one.alert_id] = max(found.get(one.alert_id, 0), GRAVITY[one.severity])
    return found


def gravest_first(notifications: Iterable[Notification]) -> list[Notification]:
    """Equally grave ones by time."""
    every = list(notifications)
    gravity = gravities(every)
    return sorted(every, key=lambda one: (-gravity[one.alert_id], one.at, one.alert_id, one.number))
