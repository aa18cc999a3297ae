"""Reported counts: T17, T18, T19, T20, T23 and the offline items of T04. One subject is one series, all periods of it.

Of the reports of a period the highest `revision` stands, in any order of arrival (of equal ones the latest). Unit: the
area of the subject. Excluded as one case each: impossible_count (more than all), unknown_period, unknown_date.

Stock (T18, T19, T20, T23): on a day the report with the latest `as_of` up to that day stands, never a sum over periods;
from `as_of` + length of its period + 1 day it is `stale`.
Flow (T17, offline items): a report counts on min(as_of, end of period). Of reports with overlapping periods the one
whose period was first reported stands, the later is excluded as period_overlap; a revision keeps its period's place.
Offline items are misses: num 0, den the denominator, whatever the numerator says, with the period as reason.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from services.scoring.facts import Facts
from services.scoring.readings.calendar import day_of_date
from services.scoring.readings.standing import highest_revision
from services.scoring.records import Kept, Record, order
from services.scoring.sheet import STALE, Sheet, State, steps
from shared.contracts.event import local_day

STOCKS = frozenset({"bank_account_15plus", "ehealth_record", "adult_personal_signature", "staff_trained"})
CASHLESS = "cashless_transactions"
CASHLESS_BASES = frozenset({"number", "value"})
OFFLINE_SERIES = ("casefile_online", "offline_items")
OFFLINE_ITEMS = "casefile_online.offline_items"


class Report(NamedTuple):
    """The standing report of a period; days since 1970."""

    event: Kept
    as_of: int
    start: int
    end: int
    first: tuple[int, int, str, str]
    """Place in order of the period's first report."""


def count(facts: Facts, record: Record, events: Sequence[Kept], sheet: Sheet) -> None:
    """The reading of a series, by its indicator, measure and basis; an unknown series is noted."""
    _, slug, measure, area, basis = record.subject.split("/")
    if slug in STOCKS:
        stock(slug, area, _reports(facts, slug, area, events, sheet), sheet)
    elif slug == CASHLESS and basis in CASHLESS_BASES:
        reading = f"{CASHLESS}.{basis}"
        flow(reading, area, _reports(facts, reading, area, events, sheet), sheet)
    elif (slug, measure) == OFFLINE_SERIES:
        flow(OFFLINE_ITEMS, area, _reports(facts, OFFLINE_ITEMS, area, events, sheet), sheet)


def stock(reading: str, area: str, reports: Iterable[Report], sheet: Sheet) -> None:
    """The latest `as_of` stands until the next, stale once it is older than its period."""
    ranked = sorted(reports, key=lambda r: (r.as_of, order(r.event)))
    days: list[Report] = []
    for report in ranked:
        if days and days[-1].as_of == report.as_of:
            sheet.supersede(days.pop().event, report.event)
        days.append(report)
    points: list[tuple[int, State | None]] = []
    for place, report in enumerate(days):
        data = report.event.data
        state = State(area, (data["numerator"], data["denominator"], 0), "", report.event)
        points.append((report.as_of, state))
        stale_from = report.as_of + (report.end - report.start + 1) + 1
        if place + 1 == len(days) or stale_from < days[place + 1].as_of:
            points.append((stale_from, state._replace(reason=STALE)))
    steps(sheet, reading, points)


def flow(reading: str, area: str, reports: Iterable[Report], sheet: Sheet) -> None:
    """Each period once, on the last day it speaks of."""
    taken: list[Report] = []
    for report in sorted(reports, key=lambda r: r.first):
        day, data = min(report.as_of, report.end), report.event.data
        if any(report.start <= other.end and other.start <= report.end for other in taken):
            sheet.exclude(reading, area, day, "period_overlap", report.event)
            continue
        taken.append(report)
        if not data["denominator"]:
            continue
        if reading == OFFLINE_ITEMS:
            sheet.count(reading, area, day, (0, data["denominator"], 0), report.event, data["period"])
        else:
            sheet.count(reading, area, day, (data["numerator"], data["denominator"], 0), report.event)


def _reports(facts: Facts, reading: str, area: str, events: Iterable[Kept], sheet: Sheet) -> list[Report]:
    """The standing report of each period that can be counted; the others are superseded or excluded."""
    by_period: dict[str, list[Kept]] = {}
    for event in events:
        if event.type == "count.reported":
            by_period.setdefault(event.data["period"], []).append(event)
    reports = []
    for code, versions in by_period.items():
        event = highest_revision(versions, sheet)
        as_of, period = day_of_date(event.data["as_of"]), facts.periods.get(code)
        impossible = event.data["numerator"] > event.data["denominator"] and reading != OFFLINE_ITEMS
        if as_of is None:
            sheet.exclude(reading, area, local_day(event.time), "unknown_date", event)
        elif period is None:
            sheet.exclude(reading, area, as_of, "unknown_period", event)
        elif impossible:
            sheet.exclude(reading, area, as_of, "impossible_count", event)
        else:
            reports.append(Report(event, as_of, *period, min(order(version) for version in versions)))
    return reports
