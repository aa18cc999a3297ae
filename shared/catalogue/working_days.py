"""The working calendar: weekends, days off and make-up days (pure)."""

from collections.abc import Iterable
from datetime import date, timedelta

from shared.catalogue.models import Holiday, MakeUpDay, YearlyHoliday

SATURDAY = 5
ONE_DAY = timedelta(days=1)


class WorkingCalendar:
    """Which local days are worked. A holiday that is still `pending` is a working day."""

    def __init__(
        self, yearly: Iterable[YearlyHoliday], holidays: Iterable[Holiday], make_up_days: Iterable[MakeUpDay]
    ) -> None:
        """A make-up day outranks the weekend that it lies on."""
        self._yearly = frozenset((holiday.month, holiday.day) for holiday in yearly)
        self._days_off = frozenset(holiday.day for holiday in holidays if not holiday.pending)
        self._make_up_days = frozenset(day.day for day in make_up_days)

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on that local day."""
        if day in self._make_up_days:
            return True
        day_off = day in self._days_off or (day.month, day.day) in self._yearly
        return not day_off and day.weekday() < SATURDAY

    def add_working_days(self, day: date, count: int) -> date:
        """The working day `count` working days after `day` (before, when negative).

        0 gives `day` itself when it is worked, else the next working day.
        """
        step = -ONE_DAY if count < 0 else ONE_DAY
        while count == 0 and not self.is_working_day(day):
            day += ONE_DAY
        remaining = abs(count)
        while remaining:
            day += step
            remaining -= self.is_working_day(day)
        return day

    def working_days_between(self, after: date, until: date) -> int:
        """Working days in (after, until]; negative when `until` lies before `after`."""
        if until < after:
            return -self.working_days_between(until, after)
        return sum(self.is_working_day(after + ONE_DAY * n) for n in range(1, (until - after).days + 1))
