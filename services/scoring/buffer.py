"""The records of one partition that wait for their block: in log order, without a gap, never twice (pure)."""

from collections import deque
from enum import Enum
from typing import Any, NamedTuple


class LogRecord(NamedTuple):
    """One Kafka record of `events`; `timestamp` in ms, `handle` is what acknowledges it."""

    partition: int
    offset: int
    timestamp: int
    value: bytes
    handle: Any = None


class Verdict(Enum):
    """What became of an offered record."""

    KEPT = "kept"
    OLD = "old"
    """Already processed: acknowledge it, nothing else."""
    GAP = "gap"
    """Records before it are missing: it is dropped, and the consumer must go back."""
    FULL = "full"
    """The partition is not ready and holds enough: it is dropped, and the consumer must go back."""


class Buffer:
    """Records from `next_offset` on; before `expect`, whatever comes first begins the run.

    A mark says that everything up to it is processed. So a record that arrives before its predecessors must never
    be taken: its block's mark would hide them for ever.
    """

    def __init__(self) -> None:
        self._records: deque[LogRecord] = deque()
        self._next: int | None = None
        self.waiting_bytes = 0

    def __len__(self) -> int:
        return len(self._records)

    @property
    def wanted(self) -> int | None:
        """The offset that must come next, None as long as whatever comes first may begin."""
        return self._next

    @property
    def first_timestamp(self) -> int | None:
        """Timestamp (ms) of the oldest record."""
        return self._records[0].timestamp if self._records else None

    def offer(self, record: LogRecord) -> Verdict:
        """Keeps the record when it is the next one."""
        if self._next is not None and record.offset < self._next:
            return Verdict.OLD
        if self._next is not None and record.offset > self._next:
            return Verdict.GAP
        self._next = record.offset + 1
        self._records.append(record)
        self.waiting_bytes += len(record.value)
        return Verdict.KEPT

    def expect(self, offset: int) -> list[LogRecord]:
        """`offset` is the first to process. Returns the older ones, which are dropped.

        Also drops the others when the run begins after `offset`: their successor is then a gap.
        """
        old = []
        while self._records and self._records[0].offset < offset:
            old.append(self._pop())
        if self._records and self._records[0].offset > offset:
            self._records.clear()
            self.waiting_bytes = 0
        self._next = self._records[-1].offset + 1 if self._records else offset
        return old

    def take(self, max_bytes: int, up_to: int | None = None) -> list[LogRecord]:
        """The first records, at least one, at most `max_bytes`, none after the offset `up_to`."""
        taken: list[LogRecord] = []
        size = 0
        while self._records:
            first = self._records[0]
            past = up_to is not None and first.offset > up_to
            if taken and (past or size + len(first.value) > max_bytes):
                break
            size += len(first.value)
            taken.append(self._pop())
        return taken

    def give_back(self, records: list[LogRecord]) -> None:
        """Returns the end of what was taken last, unprocessed."""
        self._records.extendleft(reversed(records))
        self.waiting_bytes += sum(len(record.value) for record in records)

    def _pop(self) -> LogRecord:
        record = self._records.popleft()
        self.waiting_bytes -= len(record.value)
        return record
