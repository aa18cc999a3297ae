"""Reads the past from the tables, week by week of receipt, minute by minute; never writes. Values bound; it blocks."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from clickhouse_connect.driver.client import Client

from services.alerts.look import LATE_DAYS
from services.alerts.past.known import Minute, Sent
from services.alerts.past.statements import Statement
from services.alerts.past.tally import Entry
from shared.contracts.vocabulary import SOC_SOURCE, STATE_TYPES

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

READ_AT_ONCE = timedelta(days=7)
"""Three queries each; a week of a whole province is some hundred thousand rows."""

BOUNDS = "SELECT min(received), max(received), min(day) FROM ledger WHERE kind = 'entry' AND received > toDateTime(0)"

ENTRIES = """
SELECT toStartOfMinute(received) AS minute, reading, unit, day, reason, sum(num), sum(den), sum(excluded) FROM ledger
WHERE kind = 'entry' AND received >= {since:DateTime64(3, 'UTC')} AND received < {until:DateTime64(3, 'UTC')}
GROUP BY minute, reading, unit, day, reason ORDER BY minute
"""
SEED = """
SELECT reading, unit, day, reason, sum(num), sum(den), sum(excluded) FROM ledger
WHERE kind = 'entry' AND received < {until:DateTime64(3, 'UTC')} GROUP BY reading, unit, day, reason
"""
STATEMENTS = """
SELECT known, source, id, subject, type, unit, time, outcome, other_id, data FROM (
    SELECT max(received) OVER (PARTITION BY partition, offset) AS known, source, id, subject, type, unit, time, outcome,
           other_id, data, partition, offset, seq
    FROM events WHERE kind = 'event' AND type != 'system.heartbeat'
      AND multiSearchAny(subject, ['system/', 'network/', 'security/', 'report/'])
)
WHERE type IN {types:Array(String)} AND known < {until:DateTime64(3, 'UTC')}
ORDER BY known, partition, offset, seq
"""
"""What changes an earlier event's fate is written with that event's receipt, at the position of what changed it."""

HEARD = """
SELECT toStartOfMinute(received) AS minute, source, count() AS events, countIf(outcome = 'conflict') AS conflicts,
       countIf(received > time + toIntervalDay({late_days:UInt8})) AS late, max(time) AS newest
FROM events
WHERE kind = 'event' AND received >= {since:DateTime64(3, 'UTC')} AND received < {until:DateTime64(3, 'UTC')}
GROUP BY minute, source ORDER BY minute
"""
BEATS = """
SELECT toStartOfMinute(received) AS minute, subject, max(time) FROM events
WHERE kind = 'event' AND source = {source:String} AND type = 'system.heartbeat' AND outcome = 'counted'
  AND received >= {since:DateTime64(3, 'UTC')} AND received < {until:DateTime64(3, 'UTC')}
GROUP BY minute, subject ORDER BY minute
"""


def read_bounds(client: Client) -> tuple[datetime, datetime] | None:
    """When the first and the last entry became known; None when there is none."""
    first, last, _ = client.query(BOUNDS).result_rows[0]
    return None if first <= EPOCH else (first, last)


def read_minutes(client: Client, first: datetime, until: datetime) -> Iterator[Minute]:
    """Everything that became known up to `until`; what the register says without any event comes at `first`."""
    seed = client.query(SEED, parameters={"until": first}).result_rows
    yield Minute(first, entries=[_entry(row) for row in seed])
    statements = client.query(STATEMENTS, parameters={"types": sorted(STATE_TYPES), "until": until}).result_rows
    rest = iter(statements)
    waiting = next(rest, None)
    since = first
    while since < until:
        upto = min(since + READ_AT_ONCE, until)
        minutes = _stretch(client, since, upto)
        while waiting and waiting[0] < upto:
            _at(minutes, waiting[0]).statements.append(Statement(*waiting[1:]))
            waiting = next(rest, None)
        yield from (minutes[at] for at in sorted(minutes))
        since = upto


def _stretch(client: Client, since: datetime, until: datetime) -> dict[datetime, Minute]:
    minutes: dict[datetime, Minute] = {}
    bounds: dict[str, Any] = {"since": since, "until": until}
    for minute, *entry in client.query(ENTRIES, parameters=bounds).result_rows:
        _at(minutes, minute).entries.append(_entry(entry))
    for minute, source, *sent in client.query(HEARD, parameters=bounds | {"late_days": LATE_DAYS}).result_rows:
        _at(minutes, minute).sent[source] = Sent(*sent)
    for minute, subject, time in client.query(BEATS, parameters=bounds | {"source": SOC_SOURCE}).result_rows:
        _at(minutes, minute).beats[subject] = time
    return minutes


def _at(minutes: dict[datetime, Minute], moment: datetime) -> Minute:
    """The minute that the moment lies in, by its end."""
    end = moment.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    return minutes.setdefault(end, Minute(end))


def _entry(row: Any) -> Entry:
    reading, unit, day, reason, num, den, excluded = row
    return Entry(reading, unit, day.toordinal(), reason, num, den, excluded)
