"""T16 `open_data_published`, a stock: datasets published and not withdrawn / planned with their due day reached.

The plan's last statement of a day stands until the next one; before its due day a dataset is excluded as `not_due`, so
that included and excluded together are the whole plan. Unit: that of the plan's event. A publication that is not
planned waits; a dataset withdrawn after publication is a miss.
"""

from collections.abc import Sequence

from services.scoring.facts import Facts
from services.scoring.readings.calendar import day_of_instant
from services.scoring.readings.standing import last_of_days
from services.scoring.records import Kept, Record, order
from services.scoring.sheet import HIT, MISS, OUT, Sheet, State, steps
from shared.contracts.event import local_day

READING = "open_data_published"
PUBLICATION = frozenset({"dataset.published", "dataset.withdrawn"})


def dataset(facts: Facts, record: Record, events: Sequence[Kept], sheet: Sheet) -> None:
    """The dataset's step function; its points are plans, due days, publications and withdrawals."""
    del facts, record
    planned = last_of_days(events, "dataset.planned", sheet)
    changes = sorted((e for e in events if e.type in PUBLICATION), key=order)
    if not planned:
        for event in changes:
            sheet.wait(event)
        return
    due_days = [(day, day_of_instant(plan.data["due_at"]), plan) for day, plan in planned]
    turning = {day for day, _, _ in due_days} | {max(day, due) for day, due, _ in due_days}
    turning |= {local_day(change.time) for change in changes}
    steps(sheet, READING, ((day, _state(day, due_days, changes)) for day in sorted(turning)))


def _state(day: int, plans: list[tuple[int, int, Kept]], changes: list[Kept]) -> State | None:
    standing = [plan for plan in plans if plan[0] <= day]
    if not standing:
        return None
    _, due, plan = standing[-1]
    if day < due:
        return State(plan.unit, OUT, "not_due", plan)
    published = [change for change in changes if local_day(change.time) <= day]
    if not published:
        return State(plan.unit, MISS, "", plan)
    amounts = HIT if published[-1].type == "dataset.published" else MISS
    return State(plan.unit, amounts, "", published[-1])
