"""The same (source, id) on two subjects: found in the `events` table, and the later one taken out through the log.

A worker sees one partition, and a subject's record only what came for it; so nobody meets both while scoring.
"""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from aiokafka.errors import KafkaError
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from clickhouse_connect.driver.httpclient import HttpClient
from urllib3 import Timeout

from services.scoring.metrics import DISPLACED_EVENTS
from services.scoring.records import HEARTBEAT
from services.scoring.settings import ScoringSettings
from services.scoring.tables import Tables
from services.scoring.worker import Worker
from shared.clickhouse import CONNECT_TIMEOUT_SECONDS, writer
from shared.contracts.event import Envelope, Event, encode_envelope
from shared.contracts.platform import DISPLACED, PLATFORM_SOURCE, displacement
from shared.errors import RetryableError
from shared.kafka import producer
from shared.logs import get_logger
from shared.topics import EVENTS, partition_of

CHECKING_PARTITION = 0
"""Its owner checks for all partitions: one worker at a time, and two for a moment do no harm."""

MAX_IDENTITIES = 500
"""Of one look; the next one begins where this one did and leaves out what is taken out by then."""

MAX_ENVELOPE_EVENTS = 200
"""Some 400 bytes each: well within a record of the log."""

QUERY_SECONDS = 600
"""The first look at a filled table reads all of it: 5 million rows took 22 s on a busy machine."""

FOUND = """
SELECT source, id, groupArray((first, subject, unit)) FROM (
    SELECT source, id, subject, min((toUnixTimestamp64Milli(received), partition, offset, seq) AS at) AS first,
           argMin(unit, at) AS unit
    FROM {events} PREWHERE (source, id) IN (
        SELECT source, id FROM {events} {recent}
        WHERE {kept} GROUP BY source, id HAVING min(subject) != max(subject))
    WHERE {kept} AND (source, id, subject) NOT IN (
        SELECT JSONExtractString(data, 'source'), JSONExtractString(data, 'id'), subject
        FROM {events} WHERE source = '{platform}' AND type = '{displaced}')
    GROUP BY source, id, subject)
GROUP BY source, id HAVING count() > 1 ORDER BY source, id LIMIT {limit}
SETTINGS optimize_aggregation_in_order = 1, max_threads = 1
"""
"""Whether an event counts does not matter: its id belongs to the subject that had it first. Heartbeats are bits, not
events. One thread, because scoring itself comes first."""

log = get_logger(__name__)

Positions = dict[int, int]
"""Partition → highest offset whose rows were looked at."""

First = tuple[int, int, int, int]
"""Order of the log: received (ms), partition, offset, place in the envelope."""


class Sighting(NamedTuple):
    """A (source, id) and the first delivery of it on each of its subjects, as (first, subject, unit)."""

    source: str
    id: str
    subjects: list[tuple[First, str, str]]


def displacements(sightings: Iterable[Sighting]) -> list[Event]:
    """What takes every event out but the first in log order of its (source, id)."""
    return [
        displacement(source, id_, subject, unit, first[0])
        for source, id_, subjects in sightings
        for first, subject, unit in sorted(subjects)[1:]
    ]


def found_query(events: str, since: Positions) -> str:
    """The identities with several subjects among which a row above `since` is; all of the table when it is empty."""
    above = [f"partition = {partition} AND offset > {offset}" for partition, offset in sorted(since.items())]
    above.append(f"partition NOT IN ({', '.join(map(str, sorted(since)))})")
    recent = f"SELECT source, id FROM {events} WHERE {' OR '.join(above)}"  # noqa: S608 - own names and numbers
    return FOUND.format(
        events=events,
        recent=f"PREWHERE (source, id) IN ({recent})" if since else "",
        kept=f"kind = 'event' AND type != '{HEARTBEAT}' AND source != '{PLATFORM_SOURCE}'",
        platform=PLATFORM_SOURCE,
        displaced=DISPLACED,
        limit=MAX_IDENTITIES,
    )


class Check:
    """Looks from where the last look ended, also after a restart; whatever it repeats is the same event again."""

    def __init__(self, settings: ScoringSettings) -> None:
        self._settings = settings
        self._events = Tables(settings.clickhouse_database, settings.scoring_version).events
        self._file = settings.data / f"two-subjects-{settings.scoring_version}.json"
        self._since = _read(self._file)

    async def look(self) -> int:
        """How many events it took out. Raises clickhouse_connect's errors, `RetryableError` or `KafkaError`."""
        marks, sightings = await asyncio.to_thread(self._query)
        events = displacements(sightings)
        if events:
            await self._publish(events)
        if len(sightings) < MAX_IDENTITIES and marks != self._since:
            self._since = marks
            self._file.write_text(json.dumps(marks))
        return len(events)

    def _query(self) -> tuple[Positions, list[Sighting]]:
        """The marks are read first: a row that comes in between is looked at twice, none is missed."""
        client = _client(self._settings)
        try:
            rows = client.query(f"SELECT partition, max(offset) FROM {self._events} GROUP BY partition").result_rows  # noqa: S608
            marks = {int(row[0]): int(row[1]) for row in rows}
            if marks == self._since:
                return marks, []
            found = client.query(found_query(self._events, self._since)).result_rows
            return marks, [Sighting(*row) for row in found]
        finally:
            client.close()

    async def _publish(self, events: list[Event]) -> None:
        """Returns when the log has them."""
        by_partition: defaultdict[int, list[Event]] = defaultdict(list)
        for event in events:
            by_partition[partition_of(event.subject, self._settings.partitions)].append(event)
        received = int(time.time() * 1000)
        async with producer(self._settings) as log_writer:
            for partition, some in by_partition.items():
                for start in range(0, len(some), MAX_ENVELOPE_EVENTS):
                    record = encode_envelope(Envelope(received, some[start : start + MAX_ENVELOPE_EVENTS]))
                    await log_writer.send_and_wait(self._settings.topic_prefix + EVENTS, record, partition=partition)


@asynccontextmanager
async def checking_two_subjects(worker: Worker, settings: ScoringSettings) -> AsyncIterator[None]:
    """Checks in the background while the worker owns partition 0; an error it cannot outwait ends the worker."""

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            worker.fail(f"check for one id on two subjects: {type(error).__name__}: {error}")

    task = asyncio.create_task(_check(worker, settings), name="two-subjects")
    task.add_done_callback(ended)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _check(worker: Worker, settings: ScoringSettings) -> None:
    check = Check(settings)
    while True:
        await asyncio.sleep(settings.scoring_identity_seconds)
        lane = worker.lanes.get(CHECKING_PARTITION)
        if lane is None or not lane.ready.is_set():
            continue
        try:
            number = await check.look()
        except (ClickHouseError, KafkaError, RetryableError) as error:
            log.warning("two_subjects_not_checked", cause=type(error).__name__)
            continue
        if number:
            DISPLACED_EVENTS.inc(number)
            log.warning("displaced", events=number)


def _client(settings: ScoringSettings) -> Client:
    client = writer(settings)
    if isinstance(client, HttpClient):
        client.timeout = Timeout(connect=CONNECT_TIMEOUT_SECONDS, read=QUERY_SECONDS)
    return client


def _read(file: Path) -> Positions:
    """Where the last look ended; nowhere when the file is not there or was cut off."""
    with suppress(FileNotFoundError, ValueError, AttributeError):
        return {int(partition): int(offset) for partition, offset in json.loads(file.read_text()).items()}
    return {}
