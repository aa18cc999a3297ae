"""Brings a partition's store to the ledger's mark before the first new record is processed."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from services.scoring.blocks import Folder
from services.scoring.engine import seed
from services.scoring.facts import Facts
from services.scoring.folders import StoreFolder
from services.scoring.log_reader import LogReader
from services.scoring.metrics import RESTORED
from services.scoring.records import encode_record
from services.scoring.store import EMPTY_OFFSET, LmdbStore, Store, StoreDamagedError, StoreState, discard
from shared.errors import StartError
from shared.logs import get_logger

SEED_OFFSET = -1
REPORT_SECONDS = 5
"""A long restore says where it is this often."""

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

log = get_logger(__name__)

T = TypeVar("T")


class Run(Protocol):
    """Awaits a blocking function on the worker's processing thread."""

    def __call__(self, function: Callable[[], T], /) -> Awaitable[T]: ...


@dataclass(frozen=True)
class Identity:
    """What a store must have been filled by to be of use: these readings, these facts, this boot of the machine."""

    readings_hash: str
    facts_hash: str
    boot_id: str

    def at(self, offset: int) -> StoreState:
        """The state of a store that holds everything up to `offset`."""
        return StoreState(offset, self.readings_hash, self.facts_hash, self.boot_id)


def current_boot() -> str:
    """Differs after every power loss, when pages that were never synced may be missing."""
    return BOOT_ID.read_text().strip()


def unusable(state: StoreState | None, identity: Identity, mark: int) -> str:
    """Why a store must be discarded, "" when it can be used as it is or be caught up (pure)."""
    if state is None:
        return ""
    if state != identity.at(state.offset):
        return "power loss" if state.boot_id != identity.boot_id else "other readings or facts"
    return "ahead of the ledger" if state.offset > mark else ""


def open_store(folder: StoreFolder, map_bytes: int, identity: Identity, mark: int) -> Store:
    """The store of the folder, empty when what was there is damaged or of no use."""
    reason = "" if folder.opened() else "it ended the process several times"
    try:
        if not reason:
            store = LmdbStore(folder.path, map_bytes)
            reason = unusable(store.state(), identity, mark)
            if not reason:
                return store
            store.close()
    except StoreDamagedError as error:
        reason = str(error)
    log.warning("store_discarded", store=folder.path.name, reason=reason)
    discard(folder.path)
    return LmdbStore(folder.path, map_bytes)


@dataclass
class Restore:
    """Fills one partition's store; writes no rows. `position` is the last offset it holds."""

    reader: LogReader
    folder: Folder
    facts: Facts
    identity: Identity
    partitions: int
    position: int = EMPTY_OFFSET
    _reported_at: float = 0.0

    async def fill(self, store: Store, partition: int, mark: int, run: Run) -> set[tuple[str, str]]:
        """Returns the cells that the refilled records moved, since a crash may have hidden their announcement.

        Raises `StartError` when the log does not reach from the store to the mark.
        """
        state = store.state()
        cells: set[tuple[str, str]] = set()
        if state is None:
            block = seed(self.facts, partition, self.partitions)
            seeded = {subject: encode_record(record) for subject, record in block.records.items()}
            store.commit(seeded, self.identity.at(SEED_OFFSET))
            cells |= block.cells
        self.position = SEED_OFFSET if state is None else state.offset
        await self._prove_log(partition, mark)
        if self.position < mark:
            log.info("restore_begins", partition=partition, offset=self.position + 1, mark=mark)
        async for chunk in self.reader.records(partition, self.position + 1, mark):
            left = chunk
            while left:
                folded = await run(partial(self.folder.fold, store, left))
                await run(partial(store.commit, folded.records, self.identity.at(folded.output.last_offset)))
                self.position = folded.output.last_offset
                left = left[folded.taken :]
                cells |= folded.cells
                RESTORED.labels(partition).inc(folded.taken)
            self._report(partition, mark)
        return cells

    async def _prove_log(self, partition: int, mark: int) -> None:
        begin, end = await self.reader.bounds(partition)
        if begin > self.position + 1:
            raise StartError(f"the log of partition {partition} begins at {begin}, the store needs {self.position + 1}")
        if end <= mark:
            raise StartError(f"the log of partition {partition} ends at {end}, the ledger holds {mark}")

    def _report(self, partition: int, mark: int) -> None:
        now = time.monotonic()
        if self.position == mark or now - self._reported_at > REPORT_SECONDS:
            self._reported_at = now
            log.info("restoring", partition=partition, offset=self.position, mark=mark)
