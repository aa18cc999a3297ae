"""Notices a partition that has records to process and does not move; exports lag and age."""

import asyncio
import time

from aiokafka.errors import KafkaError

from services.scoring.lane import Lane
from services.scoring.log_reader import LogReader
from services.scoring.metrics import LAG, WAITING_BYTES, WATERMARK_AGE
from services.scoring.worker import Worker
from shared.logs import get_logger

LOOK_SECONDS = 2.0

STARVING_SECONDS = 5.0
"""The log has more and nothing arrives: the group's committed offset is past the marks (tables that were lost)."""

log = get_logger(__name__)


class Progress:
    """Since when one partition has not moved although it is behind (pure)."""

    def __init__(self) -> None:
        self._position: int | None = None
        self._since: float | None = None

    def stuck_for(self, position: int, end: int | None, *, ready: bool, now: float) -> float:
        """Seconds without progress; 0 while it moves or has caught up. `end` None: the log's end is not known."""
        caught_up = ready and (end is None or position + 1 >= end)
        if caught_up or position != self._position or self._since is None:
            self._position = position
            self._since = None if caught_up else now
            return 0.0
        return now - self._since


async def watch(worker: Worker, reader: LogReader, stuck_seconds: float) -> None:
    """Runs until cancelled; makes the worker fail with partition and offset when one is stuck."""
    progress: dict[int, Progress] = {}
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        lanes = dict(worker.lanes)
        progress = {partition: progress.get(partition, Progress()) for partition in lanes}
        ends = await _ends(reader, list(lanes))
        for partition, lane in lanes.items():
            _export(lane, ends.get(partition))
            stuck = progress[partition].stuck_for(
                lane.position, ends.get(partition), ready=lane.ready.is_set(), now=time.monotonic()
            )
            if stuck > STARVING_SECONDS and lane.starving:
                worker.go_back(lane)
            if stuck > stuck_seconds:
                worker.fail(f"{worker.blocked_at(lane)} for {stuck:.0f} s")


async def _ends(reader: LogReader, partitions: list[int]) -> dict[int, int]:
    try:
        return await reader.ends(partitions) if partitions else {}
    except KafkaError as error:
        log.warning("kafka_away", cause=type(error).__name__)
        return {}


def _export(lane: Lane, end: int | None) -> None:
    if end is not None:
        LAG.labels(lane.partition).set(max(0, end - lane.position - 1))
    WAITING_BYTES.labels(lane.partition).set(lane.waiting_bytes)
    oldest = lane.oldest_waiting
    WATERMARK_AGE.labels(lane.partition).set(0 if oldest is None else max(0.0, time.time() - oldest / 1000))
