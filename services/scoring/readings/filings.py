"""Filings of administrative procedures: T09, T10, T12, T13 (T14 stands in `payments`).

A filing counts once in each reading: of several events of one kind the latest by (time, recordedtime, id) stands, since
a second one is the source's newer statement about the same fact; the earlier ones are `superseded`.
Without its `filing.received` a filing counts nowhere: what it would move is excluded with `awaiting_received`.
The status is the latest one: a filing whose processing was halted (8) and then resumed is in the rate again.
"""

from collections.abc import Sequence
from typing import NamedTuple

from services.scoring.facts import Facts
from services.scoring.readings.payments import payment_online
from services.scoring.records import Kept, Record, order
from services.scoring.sheet import AWAITING_RECEIVED, HIT, MISS, Sheet
from shared.contracts.event import local_day

FULL_ONLINE = "filing_full_online"
SATISFACTION = "satisfaction"
COMPONENTS = "filing_digitised.components"
RESULTS = "filing_digitised.results"
ELECTRONIC = "electronic_result"

HALTED_STATUSES = frozenset({3, 7, 8})
"""Not accepted, withdrawn by the citizen, halted: such a filing is not resolved in T09's sense."""

SUPERSEDED_KINDS = frozenset({"filing.received", "filing.result_issued", "filing.rated", "components", "result"})
"""Kinds of which an earlier event has no effect beside a later one; a status is one of many and stays `noted`."""

FEES = frozenset({"filing.fee_due", "filing.fee_paid", "filing.fee_waived"})


class Filing(NamedTuple):
    """The standing event of each kind; the unit and day of the result when there is one."""

    received: Kept | None
    result: Kept | None
    rating: Kept | None
    status: int
    components: Kept | None
    scan: Kept | None


def filing(facts: Facts, record: Record, events: Sequence[Kept], sheet: Sheet) -> None:
    """All readings of a filing."""
    del facts, record
    latest, fees = _standing(events, sheet)
    received, result = latest.get("filing.received"), latest.get("filing.result_issued")
    if received is None:
        for event in events:
            if event.type.startswith("filing.") and (event.source, event.id) not in sheet.outcomes:
                sheet.wait(event)
    status = latest.get("filing.status_changed")
    case = Filing(
        received,
        result,
        latest.get("filing.rated"),
        0 if status is None else status.data["status"],
        latest.get("components"),
        latest.get("result"),
    )
    full_online(case, sheet)
    satisfaction(case, sheet)
    digitised_components(case, sheet)
    digitised_results(case, sheet)
    electronic_result(case, sheet)
    if fees or result is not None:
        payment_online(fees, received, result, sheet)


def _standing(events: Sequence[Kept], sheet: Sheet) -> tuple[dict[str, Kept], list[Kept]]:
    """The latest event of each kind, a digitised part being its own kind, and all fee events."""
    latest: dict[str, Kept] = {}
    fees: list[Kept] = []
    for event in events:
        kind = event.type
        if kind in FEES:
            fees.append(event)
            continue
        if kind == "filing.digitised":
            kind = event.data["part"]
        rival = latest.get(kind)
        if rival is None:
            latest[kind] = event
            continue
        older, newer = (event, rival) if order(event) < order(rival) else (rival, event)
        latest[kind] = newer
        if kind in SUPERSEDED_KINDS:
            sheet.supersede(older, newer)
    return latest, fees


def full_online(case: Filing, sheet: Sheet) -> None:
    """T09: received online and delivered online or by post / results of filings offered full-online at receipt.

    Day and unit of the result. Excluded: not_offered, then status_3, status_7, status_8.
    """
    received, result = case.received, case.result
    if result is None:
        return
    unit, day = result.unit, local_day(result.time)
    if received is None:
        sheet.exclude(FULL_ONLINE, unit, day, AWAITING_RECEIVED, result)
    elif not received.data["full_online_offered"]:
        sheet.exclude(FULL_ONLINE, unit, day, "not_offered", result)
    elif case.status in HALTED_STATUSES:
        sheet.exclude(FULL_ONLINE, unit, day, f"status_{case.status}", result)
    else:
        online = received.data["channel"] == "online" and result.data["delivery"] in {"online", "postal"}
        sheet.count(FULL_ONLINE, unit, day, HIT if online else MISS, result)


def satisfaction(case: Filing, sheet: Sheet) -> None:
    """T10: satisfied / rated, neutral included; the latest rating on its own day.

    Unit: the resolving unit, which is the result's; before any result the rating's own.
    """
    rating = case.rating
    if rating is None:
        return
    unit = rating.unit if case.result is None else case.result.unit
    day = local_day(rating.time)
    if case.received is None:
        sheet.exclude(SATISFACTION, unit, day, AWAITING_RECEIVED, rating)
    else:
        sheet.count(SATISFACTION, unit, day, HIT if rating.data["rating"] == "satisfied" else MISS, rating)


def digitised_components(case: Filing, sheet: Sheet) -> None:
    """T12, first cell: components fully digitised, or filed online / received. Day of receipt, receiving unit.

    Excluded: status_3 (not accepted). Whether all is digitised is the latest statement about the components.
    """
    received, components = case.received, case.components
    if received is None:
        if components is not None:
            day = local_day(components.time)
            sheet.exclude(COMPONENTS, components.unit, day, AWAITING_RECEIVED, components)
        return
    unit, day = received.data["receiving_unit"], local_day(received.time)
    if case.status == 3:
        sheet.exclude(COMPONENTS, unit, day, "status_3", received)
        return
    complete = components is not None and components.data["complete"]
    amounts = HIT if complete or received.data["channel"] == "online" else MISS
    sheet.count(COMPONENTS, unit, day, amounts, received)
    if components is not None:
        sheet.share(components, (COMPONENTS, unit, day, amounts[0], amounts[1]))


def digitised_results(case: Filing, sheet: Sheet) -> None:
    """T12, second cell: electronic or fully digitised / issued results that are documents. Issue day, resolving unit.

    Excluded: no_document. A digitised result that was not issued yet waits.
    """
    received, result, scan = case.received, case.result, case.scan
    if result is None:
        if scan is not None:
            sheet.wait(scan)
        return
    unit, day = result.unit, local_day(result.time)
    if received is None:
        sheet.exclude(RESULTS, unit, day, AWAITING_RECEIVED, result)
    elif not received.data["result_is_document"]:
        sheet.exclude(RESULTS, unit, day, "no_document", result)
    else:
        digital = result.data["electronic"] or (scan is not None and scan.data["complete"])
        sheet.count(RESULTS, unit, day, HIT if digital else MISS, result)
        if scan is not None:
            sheet.share(scan, (RESULTS, unit, day, int(digital), 1))


def electronic_result(case: Filing, sheet: Sheet) -> None:
    """T13: electronic and signed / issued results that are documents; a scan is not electronic. Issue day, resolver.

    Excluded: no_document.
    """
    received, result = case.received, case.result
    if result is None:
        return
    unit, day = result.unit, local_day(result.time)
    if received is None:
        sheet.exclude(ELECTRONIC, unit, day, AWAITING_RECEIVED, result)
    elif not received.data["result_is_document"]:
        sheet.exclude(ELECTRONIC, unit, day, "no_document", result)
    else:
        electronic = result.data["electronic"] and result.data["signed"]
        sheet.count(ELECTRONIC, unit, day, HIT if electronic else MISS, result)
