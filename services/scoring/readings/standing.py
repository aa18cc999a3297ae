"""Which of several events of one kind stands: the latest by (time, recordedtime, id)."""

from collections.abc import Callable, Iterable, Sequence

from services.scoring.records import Kept, order
from services.scoring.sheet import Sheet
from shared.contracts.event import local_day

Rank = tuple[int | str, ...]


def latest(events: Iterable[Kept], kind: str, sheet: Sheet) -> Kept | None:
    """The latest event of a type; the earlier ones are superseded by it."""
    candidates = [e for e in events if e.type == kind]
    return _greatest(candidates, order, sheet) if candidates else None


def highest_revision(events: Sequence[Kept], sheet: Sheet) -> Kept:
    """The highest `revision`, of equal ones the latest; the others are superseded. `events` is not empty."""
    return _greatest(events, _revision, sheet)


def _revision(event: Kept) -> Rank:
    return (event.data.get("revision", 0), *order(event))


def _greatest(events: Sequence[Kept], rank: Callable[[Kept], Rank], sheet: Sheet) -> Kept:
    greatest = max(events, key=rank)
    for event in events:
        if event is not greatest:
            sheet.supersede(event, greatest)
    return greatest


def last_of_days(events: Iterable[Kept], kind: str, sheet: Sheet) -> list[tuple[int, Kept]]:
    """(day, snapshot) with which each local day with snapshots of a type ends, ascending; the others are superseded."""
    days: list[tuple[int, Kept]] = []
    for event in sorted((e for e in events if e.type == kind), key=order):
        day = local_day(event.time)
        if days and days[-1][0] == day:
            sheet.supersede(days.pop()[1], event)
        days.append((day, event))
    return days
