"""The catalogue of procedures, stocks at 24:00 of each day: T07, T08.

The last snapshot of a day stands until the next one. Unit: `owner`, the owning department, also for procedures of the
commune level. A procedure that is no longer in force is excluded as `withdrawn` in both.
"""

from collections.abc import Sequence

from services.scoring.facts import Facts
from services.scoring.readings.standing import last_of_days
from services.scoring.records import Kept, Record
from services.scoring.sheet import HIT, MISS, OUT, Sheet, State, steps

STANDARDISED = "procedure_standardised"
FULL_ONLINE = "procedure_full_online"


def procedure(facts: Facts, record: Record, events: Sequence[Kept], sheet: Sheet) -> None:
    """T07 and T08."""
    del facts, record
    snapshots = last_of_days(events, "procedure.catalogued", sheet)
    steps(sheet, STANDARDISED, ((day, standardised(snapshot)) for day, snapshot in snapshots))
    steps(sheet, FULL_ONLINE, ((day, full_online(snapshot)) for day, snapshot in snapshots))


def standardised(snapshot: Kept) -> State:
    """T07: standardised, simplified and in sync with the national catalogue / procedures in force."""
    data = snapshot.data
    if data.get("withdrawn"):
        return State(data["owner"], OUT, "withdrawn", snapshot)
    complete = data["standardised"] and data["simplified"] and data["national_sync"]
    return State(data["owner"], HIT if complete else MISS, "", snapshot)


def full_online(snapshot: Kept) -> State:
    """T08: offered as a full-process online service / fit to be.

    Excluded: contradiction (full but not fit), not_eligible, withdrawn.
    """
    data = snapshot.data
    full = data["online_level"] == "full"
    if data.get("withdrawn"):
        return State(data["owner"], OUT, "withdrawn", snapshot)
    if not data["online_eligible"]:
        return State(data["owner"], OUT, "contradiction" if full else "not_eligible", snapshot)
    return State(data["owner"], HIT if full else MISS, "", snapshot)
