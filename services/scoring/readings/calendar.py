"""Instants and dates of event data as local days since 1970."""

from datetime import date, datetime, timedelta

from shared.contracts.event import local_day

_EPOCH = date(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)


def day_of_instant(instant: str) -> int:
    """Local day of an RFC 3339 instant in UTC, as event data hold it."""
    return local_day(microseconds(instant))


def microseconds(instant: str) -> int:
    """Microseconds since 1970 of an RFC 3339 instant with offset; exact, no float."""
    return (datetime.fromisoformat(instant) - _EPOCH_INSTANT) // _MICROSECOND


def day_of_date(text: str) -> int | None:
    """Days since 1970 of YYYY-MM-DD; None when it is no date, which the pattern of the contract does not exclude."""
    try:
        return date.fromisoformat(text).toordinal() - _EPOCH.toordinal()
    except ValueError:
        return None


def months_later(day: int, months: int) -> int:
    """The same day of a later month, or that month's last day when it is shorter."""
    start = date.fromordinal(day + _EPOCH.toordinal())
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    month_end = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1)
    return month_end.replace(day=min(start.day, month_end.day)).toordinal() - _EPOCH.toordinal()


_EPOCH_INSTANT = datetime.fromisoformat("1970-01-01T00:00:00Z")
