"""Which years are looked at: the current one, and in January the one before, which late events still move (pure)."""

from datetime import datetime

from shared.local_time import LOCAL


def periods_now(now: datetime) -> tuple[str, ...]:
    """Codes of the years."""
    today = now.astimezone(LOCAL).date()
    return (str(today.year), str(today.year - 1)) if today.month == 1 else (str(today.year),)


def is_looked_at(period: str, now: datetime) -> bool:
    """False once a year is closed for good."""
    return not period.isdecimal() or int(period) >= min(map(int, periods_now(now)))
