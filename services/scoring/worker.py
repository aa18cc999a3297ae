"""The lanes of one worker and how Faust's assignments and records reach them."""

import asyncio
from typing import Any, Protocol

from aiokafka.errors import KafkaError

from services.scoring.buffer import LogRecord, Verdict
from services.scoring.lane import Lane, Wiring
from services.scoring.metrics import ASSIGNED
from shared.logs import get_logger

AGAIN_SECONDS = 10.0
"""A record that was sought and has not come by then is sought again; a backlog of other partitions comes first."""

log = get_logger(__name__)


class Flow(Protocol):
    """What a worker asks of the consumer, by partition."""

    def pause(self, partition: int) -> None:
        """Stop fetching the partition; repeating it has no effect."""

    def resume(self, partition: int) -> None:
        """Fetch it again."""

    async def seek(self, partition: int, offset: int) -> None:
        """Go on from `offset`; records that are already fetched may still come before."""


class Worker:
    """Owns the lanes of the assigned partitions. No exception leaves `offer`: Faust would stall for good."""

    def __init__(self, wiring: Wiring, flow: Flow) -> None:
        self._wiring = wiring
        self._flow = flow
        self._going_back: dict[int, asyncio.Task[None]] = {}
        self.lanes: dict[int, Lane] = {}
        self.failure: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Its result is the one line that the operator reads when the worker must exit."""

    async def offer(self, message: Any) -> None:
        """One record of the stream: `message` is Faust's event. Waits while its partition's buffer is full.

        Waiting is what holds Faust back: a paused partition would lose the records that are already fetched.
        """
        record = _log_record(message)
        lane = self.lanes.get(record.partition)
        if lane is None:
            return
        verdict = lane.offer(record)
        if verdict in {Verdict.GAP, Verdict.FULL}:
            self.go_back(lane)
        await lane.room()

    async def assigned(self, partitions: set[int]) -> None:
        """Every assignment is a take-over, also of a partition that was ours before."""
        await self.revoked(set(self.lanes))
        log.info("assigned", partitions=sorted(partitions))
        for partition in partitions:
            self.lanes[partition] = Lane(self._wiring, partition)
            self.lanes[partition].start(self._failed)
        ASSIGNED.set(len(self.lanes))

    async def revoked(self, partitions: set[int]) -> None:
        """Returns when nothing of these partitions is written any more."""
        lanes = [lane for partition in partitions if (lane := self.lanes.pop(partition, None)) is not None]
        for partition in partitions:
            if (task := self._going_back.pop(partition, None)) is not None:
                task.cancel()
        try:
            await asyncio.gather(*(lane.close() for lane in lanes))
        except TimeoutError as error:
            self.fail(str(error))
        ASSIGNED.set(len(self.lanes))

    def go_back(self, lane: Lane) -> None:
        """Makes the consumer read again from what the lane wants; no effect while that is under way."""
        if lane.partition not in self._going_back:
            self._going_back[lane.partition] = asyncio.create_task(self._go_back(lane))

    def blocked_at(self, lane: Lane) -> str:
        """Where a lane that does not move stands; all lanes wait for the one whose records are being folded."""
        busy = self._wiring.folder.busy
        if busy is None or (blocked := self.lanes.get(busy[0])) is None:
            return f"partition {lane.partition} has not moved past offset {lane.position}"
        return (
            f"partition {blocked.partition} has not moved past offset {blocked.position}"
            f", blocked in a reading at offsets {busy[1]} to {busy[2]},"
        )

    def positions(self) -> str:
        """Where every lane stands, for the last line of a worker whose event loop is blocked."""
        return ", ".join(self.blocked_at(lane) for lane in dict(self.lanes).values()) or "no partition is assigned"

    def fail(self, reason: str) -> None:
        """The worker must exit; the first reason counts."""
        if not self.failure.done():
            self.failure.set_result(reason)

    def _failed(self, partition: int, error: BaseException) -> None:
        lane = self.lanes.get(partition)
        offset = lane.position if lane else None
        self.fail(f"partition {partition} after offset {offset}: {type(error).__name__}: {error}")

    async def _go_back(self, lane: Lane) -> None:
        """Faust is past what the lane wants (restoring, lost tables, a fetch that was cut): read again from there."""
        self._flow.pause(lane.partition)
        await lane.ready.wait()
        try:
            await self._seek(lane)
        except (TimeoutError, KafkaError) as error:
            # The watchdog asks again when the lane starves.
            log.warning("going_back_failed", partition=lane.partition, cause=type(error).__name__)
        if self.lanes.get(lane.partition) is lane:
            self._going_back.pop(lane.partition, None)

    async def _seek(self, lane: Lane) -> None:
        while True:
            offset = lane.wanted
            log.info("going_back", partition=lane.partition, offset=offset)
            await self._flow.seek(lane.partition, offset)
            self._flow.resume(lane.partition)
            await asyncio.sleep(AGAIN_SECONDS)
            if lane.wanted != offset:
                return


def _log_record(message: Any) -> LogRecord:
    raw = message.message
    return LogRecord(raw.partition, raw.offset, int(raw.timestamp * 1000), raw.value or b"", message)
