"""Documents and case files: T02, T03, T04.

A document, one subject, is sent once however many recipients and sendings it has (T02). Each unit that handles it
processes it once: T03 counts the latest completion of each handling unit, so that a document reopened and completed
again is one. T03 counts case files in the same way; T04 counts every closing, as the plan's unit of count is the
handling of a file and the decided denominator is "closed events".
"""

from collections.abc import Iterable, Sequence

from services.scoring.facts import Facts
from services.scoring.readings.standing import latest
from services.scoring.records import Kept, Record, order
from services.scoring.sheet import HIT, MISS, Sheet
from shared.contracts.event import local_day

SIGNED = "document_signed"
DOCUMENTS = "work_end_to_end_digital.documents"
CASEFILES = "work_end_to_end_digital.casefiles"
ONLINE = "casefile_online"


def document(facts: Facts, record: Record, events: Sequence[Kept], sheet: Sheet) -> None:
    """T02 and the documents of T03."""
    del facts, record
    document_signed(events, sheet)
    end_to_end(DOCUMENTS, "document.processed", events, sheet)


def casefile(facts: Facts, record: Record, events: Sequence[Kept], sheet: Sheet) -> None:
    """The case files of T03, and T04."""
    del facts, record
    end_to_end(CASEFILES, "casefile.closed", events, sheet)
    casefile_online(events, sheet)


def document_signed(events: Iterable[Kept], sheet: Sheet) -> None:
    """T02: documents whose every sending is signed by person and agency with valid signatures / documents sent.

    Day and unit (the sender) of the first sending.
    """
    sendings = sorted((e for e in events if e.type == "document.sent"), key=order)
    if not sendings:
        return
    first = sendings[0]
    amounts = HIT if all(_fully_signed(sending) for sending in sendings) else MISS
    day = local_day(first.time)
    sheet.count(SIGNED, first.unit, day, amounts, first)
    for sending in sendings[1:]:
        sheet.share(sending, (SIGNED, first.unit, day, amounts[0], amounts[1]))


def _fully_signed(sending: Kept) -> bool:
    data = sending.data
    return bool(data["person_signed"] and data["agency_signed"] and data["signature_valid"])


def end_to_end(reading: str, kind: str, events: Sequence[Kept], sheet: Sheet) -> None:
    """T03: handled end to end / handled; day of the completion, handling unit."""
    by_unit: dict[str, list[Kept]] = {}
    for event in events:
        by_unit.setdefault(event.unit, []).append(event)
    for unit, completions in by_unit.items():
        completed = latest(completions, kind, sheet)
        if completed is not None:
            amounts = HIT if completed.data["end_to_end"] else MISS
            sheet.count(reading, unit, local_day(completed.time), amounts, completed)


def casefile_online(events: Iterable[Kept], sheet: Sheet) -> None:
    """T04: closed online / closed; closing day, handling unit. Reported offline items stand in `counts`."""
    for event in events:
        if event.type == "casefile.closed":
            sheet.count(ONLINE, event.unit, local_day(event.time), HIT if event.data["online"] else MISS, event)
