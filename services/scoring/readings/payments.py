"""T14 `payment_online`: all fees of a filing paid through the national or provincial platform.

Denominator: filings whose fees are all settled (day of the last settlement), or whose result was issued with a fee
still open (issue day, a miss until the fees are settled, then the day of settlement). Unit: the resolving unit, which
is the result's; before any result that of the last settlement.
Fees are the codes named by any fee event; the latest of `paid` and `waived` settles a fee. Waived fees are left out; a
filing with only waived fees is excluded as `waived`, one whose result came without any fee as `fee_free`.
"""

from collections.abc import Sequence

from services.scoring.records import Kept, order
from services.scoring.sheet import AWAITING_RECEIVED, HIT, MISS, Sheet
from shared.contracts.event import local_day

READING = "payment_online"
ONLINE = frozenset({"national", "provincial"})


def payment_online(fees: Sequence[Kept], received: Kept | None, result: Kept | None, sheet: Sheet) -> None:
    """Writes the filing's one entry; an open fee without a result waits."""
    settled, unsettled = _settlements(fees, sheet)
    owner = _owner(settled, unsettled, result)
    if owner is None:
        for event in fees:
            if (event.source, event.id) not in sheet.outcomes:
                sheet.wait(event)
        return
    unit, day = owner.unit if result is None else result.unit, local_day(owner.time)
    paid = [event for event in settled.values() if event.type == "filing.fee_paid"]
    if received is None:
        sheet.exclude(READING, unit, day, AWAITING_RECEIVED, owner)
    elif not fees:
        sheet.exclude(READING, unit, day, "fee_free", owner)
    elif not unsettled and not paid:
        sheet.exclude(READING, unit, day, "waived", owner)
    else:
        online = not unsettled and all(event.data["via"] in ONLINE for event in paid)
        amounts = HIT if online else MISS
        sheet.count(READING, unit, day, amounts, owner)
        for event in fees:
            if event is not owner and (event.source, event.id) not in sheet.outcomes:
                sheet.share(event, (READING, unit, day, amounts[0], amounts[1]))


def _settlements(fees: Sequence[Kept], sheet: Sheet) -> tuple[dict[str, Kept], bool]:
    """The settling event of each settled fee, and whether any fee is open."""
    settled: dict[str, Kept] = {}
    for event in fees:
        if event.type == "filing.fee_due":
            continue
        fee = event.data["fee"]
        rival = settled.get(fee)
        if rival is None:
            settled[fee] = event
        else:
            older, newer = (event, rival) if order(event) < order(rival) else (rival, event)
            settled[fee] = newer
            sheet.supersede(older, newer)
    return settled, any(event.data["fee"] not in settled for event in fees)


def _owner(settled: dict[str, Kept], unsettled: bool, result: Kept | None) -> Kept | None:
    """The event whose moment is the entry's: the last settlement, or the result."""
    if settled and not unsettled:
        return max(settled.values(), key=order)
    return result
