"""Periods as rules: a code such as 2026-Q3 or 2026-07-hc to its first and last day (pure)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from shared.catalogue.models import CalendarName, CalendarRule, PeriodKind, PeriodRule

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Period:
    """A period by its code; `start` and `end` are local days, both included."""

    code: str
    kind: PeriodKind
    calendar: CalendarName
    start: date
    end: date
    name_vi: str

    def __contains__(self, day: date) -> bool:
        """Whether the local day lies in the period."""
        return self.start <= day <= self.end


class PeriodTable:
    """The period rules of a catalogue."""

    def __init__(self, calendars: Iterable[CalendarRule], kinds: Iterable[PeriodRule]) -> None:
        """Later rules of the same code part replace earlier ones; the check refuses such files."""
        self._rules = {rule.part + calendar.suffix: (rule, calendar) for calendar in calendars for rule in kinds}

    def parse_period(self, code: str) -> Period:
        """Raises `ValueError` for a code that no rule makes."""
        year, part = code[:4], code[4:]
        found = self._rules.get(part)
        if found is None or len(year) != 4 or not (year.isascii() and year.isdigit() and "1900" <= year <= "2999"):
            raise ValueError(f"no such period: {code[:20]!r}")
        return _period(code, int(year), *found)

    def periods_of(self, year: int) -> Iterator[Period]:
        """Every period whose code begins with the year, both calendars, in the order of the file."""
        for part, (rule, calendar) in self._rules.items():
            yield _period(f"{year}{part}", year, rule, calendar)


def _period(code: str, year: int, rule: PeriodRule, calendar: CalendarRule) -> Period:
    start = _boundary(year, rule.first_month + calendar.month_shift, calendar.start_day)
    after = _boundary(year, rule.last_month + 1 + calendar.month_shift, calendar.start_day)
    return Period(code, rule.kind, calendar.code, start, after - timedelta(days=1), rule.name_vi)


def _boundary(year: int, month: int, day: int) -> date:
    """The day in a month that may lie before January or after December."""
    years, month_index = divmod(month - 1, MONTHS)
    return date(year + years, month_index + 1, day)
