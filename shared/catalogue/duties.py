"""Which unit owes which report for which period, and until which day (pure)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from shared.catalogue.catalogue import Catalogue
from shared.catalogue.models import RequiredReport
from shared.catalogue.periods import Period
from shared.catalogue.working_days import WorkingCalendar


@dataclass(frozen=True, slots=True)
class ReportDuty:
    """One report owed: the parts of its subject `report/<unit>/<code>/<period>`, and its last day on time."""

    unit: str
    code: str
    period: str
    due: date


def reports_due(catalogue: Catalogue, year: int) -> Iterator[ReportDuty]:
    """Every report owed for the periods of a year, by units that exist on the due day."""
    for report in catalogue.reports.values():
        for period in catalogue.periods.periods_of(year):
            if period.kind in report.periods and period.calendar == report.calendar:
                due = due_day(report, period, catalogue.working_days)
                if report.valid_on(due):
                    for unit in catalogue.expand(report.owed_by, due):
                        yield ReportDuty(unit, report.code, period.code, due)


def due_day(report: RequiredReport, period: Period, working_days: WorkingCalendar) -> date:
    """The last local day on which the report for the period is on time."""
    due = report.due
    if due.month is not None and due.day is not None:
        return date(period.end.year, due.month, due.day)
    return working_days.add_working_days(period.end, due.working_days or 0)
