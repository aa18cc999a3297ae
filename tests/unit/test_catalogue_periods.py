"""Periods of both calendars, and the working calendar of 2026."""

import calendar
import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalogue import load_catalogue
from shared.catalogue.models import Holiday, MakeUpDay
from shared.catalogue.working_days import WorkingCalendar
from shared.contracts.vocabulary import PERIOD

PERIODS = load_catalogue().periods
OFFICE = load_catalogue().working_days
DAYS = st.dates(date(2025, 1, 1), date(2028, 12, 31))


@pytest.mark.parametrize(
    ("code", "start", "end"),
    [
        ("2026", "2026-01-01", "2026-12-31"),
        ("2026-H1", "2026-01-01", "2026-06-30"),
        ("2026-H2", "2026-07-01", "2026-12-31"),
        ("2026-9M", "2026-01-01", "2026-09-30"),
        ("2026-Q3", "2026-07-01", "2026-09-30"),
        ("2026-07", "2026-07-01", "2026-07-31"),
        ("2028-02", "2028-02-01", "2028-02-29"),
        ("2026-12", "2026-12-01", "2026-12-31"),
        ("2026-hc", "2025-12-15", "2026-12-14"),
        ("2026-H1-hc", "2025-12-15", "2026-06-14"),
        ("2026-9M-hc", "2025-12-15", "2026-09-14"),
        ("2026-Q1-hc", "2025-12-15", "2026-03-14"),
        ("2026-Q4-hc", "2026-09-15", "2026-12-14"),
        ("2026-07-hc", "2026-06-15", "2026-07-14"),
        ("2026-01-hc", "2025-12-15", "2026-01-14"),
    ],
)
def test_a_period_runs_from_its_first_to_its_last_day(code: str, start: str, end: str) -> None:
    period = PERIODS.parse_period(code)
    assert (period.start.isoformat(), period.end.isoformat()) == (start, end)
    assert period.start in period
    assert period.end + timedelta(days=1) not in period


@pytest.mark.parametrize(
    "code", ["", "2026-13", "2026-Q5", "26", "2026-H1-xx", "２０２６", "2026-00", "202", "abcd-H1", "0000"]
)
def test_a_code_that_no_rule_makes_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="no such period"):
        PERIODS.parse_period(code)


def test_a_year_has_twenty_periods_in_each_calendar_and_each_parses_to_itself() -> None:
    periods = list(PERIODS.periods_of(2026))
    assert len(periods) == len({period.code for period in periods}) == 40
    assert [PERIODS.parse_period(period.code) for period in periods] == periods


def test_every_period_code_fits_the_subjects_of_events() -> None:
    assert all(re.fullmatch(PERIOD, period.code) for period in PERIODS.periods_of(2026))


@given(DAYS)
def test_the_months_of_each_calendar_hold_every_day_once(day: date) -> None:
    for name in ("calendar", "administrative"):
        periods = [p for year in range(day.year - 1, day.year + 2) for p in PERIODS.periods_of(year)]
        assert sum(day in p for p in periods if p.kind == "month" and p.calendar == name) == 1
        assert sum(day in p for p in periods if p.kind == "quarter" and p.calendar == name) == 1


def test_days_off_of_2026() -> None:
    weekdays = (date(2026, 1, 1) + timedelta(days=n) for n in range(365))
    off = [day.isoformat() for day in weekdays if day.weekday() < 5 and not OFFICE.is_working_day(day)]
    assert off == [
        "2026-01-01", "2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20",
        "2026-04-27", "2026-04-30", "2026-05-01", "2026-09-01", "2026-09-02",
    ]  # fmt: skip


def test_a_pending_holiday_is_worked_until_it_is_confirmed() -> None:
    assert date(2026, 11, 24) in {holiday.day for holiday in load_catalogue().holidays if holiday.pending}
    assert OFFICE.is_working_day(date(2026, 11, 24))


def test_every_day_off_has_a_source() -> None:
    catalogue = load_catalogue()
    assert all(holiday.source for holiday in catalogue.holidays)
    assert all(holiday.source for holiday in catalogue.yearly_holidays)


def test_tet_is_jumped_over() -> None:
    assert OFFICE.add_working_days(date(2026, 2, 13), 1) == date(2026, 2, 23)
    assert OFFICE.add_working_days(date(2026, 2, 23), -1) == date(2026, 2, 13)
    assert OFFICE.working_days_between(date(2026, 2, 13), date(2026, 2, 23)) == 1


def test_no_days_added_moves_a_day_off_to_the_next_working_day() -> None:
    assert OFFICE.add_working_days(date(2026, 11, 14), 0) == date(2026, 11, 16)
    assert OFFICE.add_working_days(date(2026, 11, 13), 0) == date(2026, 11, 13)


def test_a_make_up_saturday_is_worked() -> None:
    saturday = date(2026, 8, 22)
    monday = Holiday(day=date(2026, 8, 31), name_vi="hoán đổi", source="thử", verified=False)
    swap = MakeUpDay(day=saturday, name_vi="làm bù", source="thử", verified=False)
    office = WorkingCalendar([], [monday], [swap])
    assert office.is_working_day(saturday)
    assert not office.is_working_day(monday.day)


@given(DAYS, st.integers(1, 60))
def test_adding_and_counting_working_days_agree(day: date, count: int) -> None:
    later = OFFICE.add_working_days(day, count)
    assert OFFICE.is_working_day(later)
    assert OFFICE.working_days_between(day, later) == count
    assert OFFICE.working_days_between(later, day) == -count


def test_a_year_without_days_off_has_its_weekdays() -> None:
    office = WorkingCalendar([], [], [])
    weekdays = sum(
        week[n] != 0 for month in range(1, 13) for week in calendar.monthcalendar(2026, month) for n in range(5)
    )
    assert office.working_days_between(date(2025, 12, 31), date(2026, 12, 31)) == weekdays
