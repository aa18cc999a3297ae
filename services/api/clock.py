"""What time it is, and which local day: the only place of the api that looks at a clock."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from shared.local_time import LOCAL

Clock = Callable[[], datetime]


def system_clock(offset: timedelta = timedelta(0), fixed: datetime | None = None) -> Clock:
    """The clock of the machine plus `offset`, or one that stands still at `fixed`; always aware, in UTC."""
    if fixed is not None:
        return lambda: fixed.astimezone(UTC)
    return lambda: datetime.now(UTC) + offset


def local_day(instant: datetime) -> date:
    """The local date of an aware instant."""
    return instant.astimezone(LOCAL).date()
