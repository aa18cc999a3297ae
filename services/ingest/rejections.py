"""Tells senders later what was refused: a bounded queue and one thread that writes it, as a courtesy only.

The answer to the request is what counts. When the queue is full or ClickHouse is away the note is dropped and counted;
no request waits for it, and no event depends on it.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import Error as ClickHouseError

from services.ingest.answers import Outcome
from services.ingest.reasons import Rejected, RejectReason
from services.ingest.scope import Scope
from shared.contracts.vocabulary import EVENT_TYPES
from shared.errors import RetryableError
from shared.keys import KeyRecord
from shared.logs import get_logger

MAX_WAITING = 20_000
"""Rows of 200 bytes: 4 MB while ClickHouse is away, twenty full batches of nothing but refused events."""

MAX_ROWS = 5_000
"""Per insert."""

LINGER_SECONDS = 0.25
"""Notes of that long go into one insert; well below the 2 s in which a sender may ask."""

PAUSE_SECONDS = 1.0
"""After a failed insert, so that an engine that starts is not met by a storm."""

STOP_SECONDS = 2.0
"""The thread is a daemon: an insert that hangs does not hold up the end of the process."""

COLUMNS = ("source", "id", "unit", "type", "reason", "pointer", "key_id", "at")

NEVER_KEPT = frozenset({RejectReason.PERSONAL_DATA, RejectReason.SECRECY_MARKING})
"""Of such an event nothing is kept, not even that it was there."""

log = get_logger(__name__)


class Note(NamedTuple):
    """A row of `rejections`: codes of the catalogue, tokens of ours, and the screened id; never another value."""

    source: str
    id: str
    unit: str
    type: str
    reason: str
    pointer: str
    key_id: str
    at: datetime


def notes(outcomes: Iterable[Outcome], key: KeyRecord, scope: Scope, at: datetime) -> list[Note]:
    """The refused events that may be told of later: with a clean id, and under the key's own source. Pure."""
    return [
        Note(
            scope.source,
            one.id,
            _known(one.claim.unit, scope.units),
            _known(_bare(one.claim.type), EVENT_TYPES),
            one.reason.value,
            one.pointer,
            key.key_id,
            at,
        )
        for one in outcomes
        if isinstance(one, Rejected) and one.id and one.reason not in NEVER_KEPT and one.claim.source == scope.source
    ]


def _known(value: str, codes: Iterable[str]) -> str:
    return value if value in codes else ""


def _bare(name: str) -> str:
    """Without a reverse-DNS prefix."""
    return ".".join(name.split(".")[-2:])


class RejectionWriter:
    """`note` from the event loop; a thread of its own inserts. `dropped(n)` is called for what was not written."""

    def __init__(self, connect: Callable[[], Client], dropped: Callable[[int], object]) -> None:
        self._connect = connect
        self._dropped = dropped
        self._waiting: queue.Queue[Note | None] = queue.Queue(MAX_WAITING)
        self._thread = threading.Thread(target=self._run, name="rejections", daemon=True)
        self._client: Client | None = None

    @property
    def waiting(self) -> int:
        """Notes that are not written yet."""
        return self._waiting.qsize()

    def start(self) -> None:
        """Starts the thread; ClickHouse may be away."""
        self._thread.start()

    def stop(self) -> None:
        """Writes what waits if that is quick."""
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(None)
        self._thread.join(STOP_SECONDS)

    def note(self, rows: Sequence[Note]) -> None:
        """Never blocks; what finds no place is dropped."""
        for place, row in enumerate(rows):
            try:
                self._waiting.put_nowait(row)
            except queue.Full:
                self._dropped(len(rows) - place)
                return

    def _run(self) -> None:
        ended = False
        while not ended:
            batch, ended = self._next()
            if batch and not self._written(batch):
                self._dropped(len(batch))
                self._client = None
                time.sleep(0.0 if ended else PAUSE_SECONDS)

    def _next(self) -> tuple[list[Note], bool]:
        """The notes of one insert, and whether they are the last."""
        first = self._waiting.get()
        if first is None:
            return [], True
        batch, until = [first], time.monotonic() + LINGER_SECONDS
        while len(batch) < MAX_ROWS:
            try:
                row = self._waiting.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if row is None:
                return batch, True
            batch.append(row)
        return batch, False

    def _written(self, batch: list[Note]) -> bool:
        """An insert whose outcome is unknown is not repeated: a note twice is as good as once, but so is none."""
        try:
            self._client = self._client or self._connect()
            self._client.insert("rejections", batch, column_names=COLUMNS)
        except (ClickHouseError, RetryableError, OSError) as error:
            log.warning("rejections_dropped", count=len(batch), cause=type(error).__name__)
            return False
        return True


def now() -> datetime:
    """The moment of a refusal."""
    return datetime.now(UTC)
