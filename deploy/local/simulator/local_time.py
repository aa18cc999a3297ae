"""Local days and times as whole seconds since 1970 UTC, and their RFC 3339 text; no clock is read here."""

from datetime import date
from functools import lru_cache

DAY_SECONDS = 86_400
LOCAL_OFFSET_SECONDS = 7 * 3600
"""Asia/Ho_Chi_Minh, all year."""

EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

_MINUTES = [f"T{minute // 60:02d}:{minute % 60:02d}:" for minute in range(24 * 60)]
_LOCAL_SECONDS = [f"{second:02d}+07:00" for second in range(60)]
_UTC_SECONDS = [f"{second:02d}Z" for second in range(60)]


def day_of(at: int) -> int:
    """Local day (days since 1970-01-01) of an instant."""
    return (at + LOCAL_OFFSET_SECONDS) // DAY_SECONDS


def midnight(day: int) -> int:
    """The instant at which a local day begins."""
    return day * DAY_SECONDS - LOCAL_OFFSET_SECONDS


def day_number(value: date) -> int:
    """Days since 1970-01-01."""
    return value.toordinal() - EPOCH_ORDINAL


def day_date(day: int) -> date:
    """The date of a day number."""
    return date.fromordinal(day + EPOCH_ORDINAL)


@lru_cache(maxsize=4096)
def day_text(day: int) -> str:
    """YYYY-MM-DD."""
    return day_date(day).isoformat()


def local_text(at: int) -> str:
    """RFC 3339 with the local offset, as unit systems write it."""
    day, second = divmod(at + LOCAL_OFFSET_SECONDS, DAY_SECONDS)
    return day_text(day) + _MINUTES[second // 60] + _LOCAL_SECONDS[second % 60]


def utc_text(at: int) -> str:
    """RFC 3339 in UTC."""
    day, second = divmod(at, DAY_SECONDS)
    return day_text(day) + _MINUTES[second // 60] + _UTC_SECONDS[second % 60]
