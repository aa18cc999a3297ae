"""T01 `network_coverage`, a stock at 24:00 of each day: agencies with at least one line up / state agencies.

Unit: the one in the subject. One line down is degraded and counts. An agency that was never heard of is `no_data`; a
unit that is no state agency is excluded, `not_in_register`. Of several changes in a day the state at its end stands;
the last change owns it, the earlier ones are noted.
`network_coverage.downtime` stands beside, without a target: whole minutes per local day during which every line heard
of was down, from intervals that have ended.
"""

from collections.abc import Iterable, Sequence

from services.scoring.facts import Facts
from services.scoring.records import Kept, Record, order
from services.scoring.sheet import CATALOGUE, HIT, MISS, NO_DATA, OUT, Sheet, State, steps, within
from shared.contracts.event import DAY_US, LOCAL_OFFSET_US, local_day

READING = "network_coverage"
DOWNTIME = "network_coverage.downtime"
MINUTE_US = 60 * 1_000_000


def network(facts: Facts, record: Record, events: Sequence[Kept], sheet: Sheet) -> None:
    """The agency's step function and its minutes without a line."""
    unit = record.subject.partition("/")[2]
    tenure = facts.state_agencies.get(unit)
    changes = _connected(events)
    ends = {local_day(event.time): (event, connected) for event, connected in changes}
    if tenure is None:
        points: list[tuple[int, State | None]] = [
            (day, State(unit, OUT, "not_in_register", event)) for day, (event, _) in ends.items()
        ]
        steps(sheet, READING, points)
        return
    points = [
        (max(day, tenure.since), State(unit, HIT if connected else MISS, "", event))
        for day, (event, connected) in ends.items()
    ]
    if not points or tenure.since < points[0][0]:
        points.insert(0, (tenure.since, State(unit, MISS, NO_DATA, CATALOGUE)))
    steps(sheet, READING, within(points, tenure.until))
    downtime(unit, changes, sheet)


def _connected(events: Iterable[Kept]) -> list[tuple[Kept, bool]]:
    """Each change of a line, ascending, and whether any line is up after it."""
    up: dict[int, bool] = {}
    changes = []
    for event in sorted((e for e in events if e.type == "link.changed"), key=order):
        up[event.data["line"]] = event.data["state"] == "up"
        changes.append((event, any(up.values())))
    return changes


def downtime(unit: str, changes: Sequence[tuple[Kept, bool]], sheet: Sheet) -> None:
    """Minutes of each local day in intervals without a line; owned by the change that ended the interval."""
    since: int | None = None
    for event, connected in changes:
        if not connected:
            since = event.time if since is None else since
            continue
        start, since = since, None
        while start is not None and start < event.time:
            day = local_day(start)
            end = min(event.time, (day + 1) * DAY_US - LOCAL_OFFSET_US)
            minutes = (end - start) // MINUTE_US
            if minutes:
                sheet.count(DOWNTIME, unit, day, (minutes, 0, 0), event)
            start = end
