from datetime import UTC, date, datetime, timedelta

import pytest

from services.api.clock import local_day, system_clock


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 7, 14, 16, 59, 59, tzinfo=UTC), date(2026, 7, 14)),
        (datetime(2026, 7, 14, 17, tzinfo=UTC), date(2026, 7, 15)),
        (datetime(2026, 12, 31, 17, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_the_local_day_begins_at_17_hours_utc(instant: datetime, day: date) -> None:
    assert local_day(instant) == day


def test_a_fixed_clock_stands_still() -> None:
    fixed = datetime(2027, 1, 5, tzinfo=UTC)
    assert system_clock(fixed=fixed)() == fixed


def test_an_offset_moves_the_clock() -> None:
    year = timedelta(days=365)
    assert system_clock(year)() - system_clock()() > year - timedelta(minutes=1)
