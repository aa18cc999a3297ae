"""Reports owed and inspection rounds: T05, T06."""

from collections.abc import Sequence

from services.scoring.facts import Facts
from services.scoring.readings.calendar import day_of_instant
from services.scoring.readings.standing import latest
from services.scoring.records import Kept, Record
from services.scoring.sheet import HIT, MISS, Sheet
from shared.contracts.event import local_day

REPORT = "report_on_system"
INSPECTION = "inspection_online"
ONLINE_MODES = frozenset({"online_report", "online_system"})


def report(facts: Facts, record: Record, events: Sequence[Kept], sheet: Sheet) -> None:
    """T05: due reports with at least one submission on the system / reports due; the due day for both.

    Unit: the one in the subject, which owes it. A late submission counts: the plan has no rule of time. Of several
    `report.due` the latest names the due day. A submission without `report.due` waits for it; one that is not on the
    system is noted. Excluded: not_in_catalogue.
    """
    _, unit, code, _ = record.subject.split("/")
    due = latest(events, "report.due", sheet)
    submissions = [event for event in events if event.type == "report.submitted" and event.data["on_system"]]
    if due is None:
        for event in submissions:
            sheet.wait(event)
        return
    day = day_of_instant(due.data["due_at"])
    if code not in facts.report_codes:
        sheet.exclude(REPORT, unit, day, "not_in_catalogue", due)
        for event in submissions:
            sheet.find(event, REPORT, "not_in_catalogue")
        return
    amounts = HIT if submissions else MISS
    sheet.count(REPORT, unit, day, amounts, due)
    for event in submissions:
        sheet.share(event, (REPORT, unit, day, amounts[0], amounts[1]))


def inspection(facts: Facts, record: Record, events: Sequence[Kept], sheet: Sheet) -> None:
    """T06: rounds by report or on shared systems / all rounds; mixed and on_site are misses.

    Day of completion, inspecting unit; a round completed twice is one, the latest.
    """
    del facts, record
    completed = latest(events, "inspection.completed", sheet)
    if completed is not None:
        amounts = HIT if completed.data["mode"] in ONLINE_MODES else MISS
        sheet.count(INSPECTION, completed.unit, local_day(completed.time), amounts, completed)
