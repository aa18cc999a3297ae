"""The lanes of one worker and how Faust's assignments and records reach them."""

import asyncio
from typing import Any, Protocol

from services.scoring.buffer import LogRecord, Verdict
from services.scoring.lane import Lane, Wiring
from services.scoring.metrics import ASSIGNED
from shared.logs import get_logger

GO_BACK_SECONDS = 1.5
"""Faust's fetch in flight lasts up to 1 s; sought earlier, its records would move the position past the gap again."""

log = get_logger(__name__)


class Flow(Protocol):
    """What a worker asks of the consumer, by partition."""

    def pause(self, partition: int) -> None:
        """Stop fetching the partition; repeating it has no effect."""

    def resume(self, partition: int) -> None:
        """Fetch it again."""

    async def seek(self, partition: int, offset: int) -> None:
        """Go on from `offset`; the partition is paused."""


class Worker:
    """Owns the lanes of the assigned partitions. No exception leaves `offer`: Faust would stall for good."""

    def __init__(self, wiring: Wiring, flow: Flow) -> None:
        self._wiring = wiring
        self._flow = flow
        self._paused: set[int] = set()
        self._going_back: dict[int, asyncio.Task[None]] = {}
        self.lanes: dict[int, Lane] = {}
        self.failure: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Its result is the one line that the operator reads when the worker must exit."""

    def offer(self, message: Any) -> None:
        """One record of the stream: `message` is Faust's event."""
        record = _log_record(message)
        lane = self.lanes.get(record.partition)
        if lane is None:
            return
        verdict = lane.offer(record)
        if verdict is Verdict.GAP and record.partition not in self._going_back:
            self._going_back[record.partition] = asyncio.create_task(self._go_back(lane))
        if lane.waiting_bytes > self._wiring.settings.scoring_buffer_bytes:
            self._paused.add(record.partition)
            self._flow.pause(record.partition)

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
            self._paused.discard(partition)
            if (task := self._going_back.pop(partition, None)) is not None:
                task.cancel()
        try:
            await asyncio.gather(*(lane.close() for lane in lanes))
        except TimeoutError as error:
            self.fail(str(error))
        ASSIGNED.set(len(self.lanes))

    def relieve(self) -> None:
        """Resumes partitions whose buffer has drained to half; called in short intervals."""
        for partition in list(self._paused):
            lane = self.lanes.get(partition)
            if lane is not None and lane.waiting_bytes <= self._wiring.settings.scoring_buffer_bytes // 2:
                self._paused.discard(partition)
                self._flow.resume(partition)

    def fail(self, reason: str) -> None:
        """The worker must exit; the first reason counts."""
        if not self.failure.done():
            self.failure.set_result(reason)

    def _failed(self, partition: int, error: BaseException) -> None:
        lane = self.lanes.get(partition)
        offset = lane.position if lane else None
        self.fail(f"partition {partition} after offset {offset}: {type(error).__name__}: {error}")

    async def _go_back(self, lane: Lane) -> None:
        """Faust's position is past the marks (lost tables, or an acknowledgement that skipped): read again."""
        partition = lane.partition
        self._flow.pause(partition)
        await asyncio.sleep(GO_BACK_SECONDS)
        if (offset := lane.wanted) is not None:
            log.warning("going_back", partition=partition, offset=offset)
            await self._flow.seek(partition, offset)
        self._flow.resume(partition)
        self._going_back.pop(partition, None)


def _log_record(message: Any) -> LogRecord:
    raw = message.message
    return LogRecord(raw.partition, raw.offset, int(raw.timestamp * 1000), raw.value or b"", message)
