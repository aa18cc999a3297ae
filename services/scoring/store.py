"""The store of one partition: records by subject and the state they stand for. A cache: the log can refill it."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol
from zlib import crc32

import lmdb
import msgspec
from typing_extensions import override

from shared.errors import ChitieuError

EMPTY_OFFSET = -2
"""Offset of a store that does not even hold the seed; the seed is -1, the log begins at 0."""

STATE_KEY = b"\x00state"
"""Begins with NUL, which no subject does."""

CHECKSUM_BYTES = 4


class StoreState(msgspec.Struct, frozen=True):
    """What the records of a store stand for: all deliveries up to `offset`, folded by these readings and facts."""

    offset: int
    readings_hash: str
    facts_hash: str
    boot_id: str


class StoreDamagedError(ChitieuError):
    """The store holds what nobody wrote: discard it and refill it from the log."""


class StoreFailedError(ChitieuError):
    """The store cannot be written (disk full): stop, because nothing after this block would be remembered."""


class Store(Protocol):
    """Records as bytes by subject. One process and one thread at a time."""

    def state(self) -> StoreState | None:
        """None for a new store. Raises `StoreDamagedError`."""

    def load(self, subjects: Iterable[str]) -> dict[str, bytes]:
        """The records that exist among `subjects`. Raises `StoreDamagedError`."""

    def commit(self, records: Mapping[str, bytes], state: StoreState) -> None:
        """Replaces records and state in one transaction, which kill -9 leaves whole. Raises `StoreFailedError`."""

    def close(self) -> None:
        """Releases it; calling it again has no effect."""


class MemoryStore(Store):
    """The twin that forgets."""

    def __init__(self) -> None:
        self._records: dict[str, bytes] = {}
        self._state: StoreState | None = None

    @override
    def state(self) -> StoreState | None:
        return self._state

    @override
    def load(self, subjects: Iterable[str]) -> dict[str, bytes]:
        return {subject: self._records[subject] for subject in subjects if subject in self._records}

    @override
    def commit(self, records: Mapping[str, bytes], state: StoreState) -> None:
        self._records.update(records)
        self._state = state

    @override
    def close(self) -> None:
        return


class LmdbStore(Store):
    """An LMDB environment in a folder that no other process has open.

    Nothing is synced to disk: kill -9 loses nothing, and after a power loss the boot id differs and the store is
    discarded. Every value carries a checksum, so that a damaged page is found when it is read.
    """

    def __init__(self, folder: Path, map_bytes: int) -> None:
        """Raises `StoreDamagedError` when the folder holds something else than a whole environment."""
        try:
            self._env = lmdb.open(str(folder), map_size=map_bytes, sync=False, metasync=False, readahead=False)
        except lmdb.Error as error:
            raise StoreDamagedError(f"store does not open: {error}") from error
        self._open = True
        self._refuse_truncated(folder / "data.mdb")

    def _refuse_truncated(self, file: Path) -> None:
        """Reading past the end of a truncated file would end the process with SIGBUS, at every start again."""
        pages = self._env.info()["last_pgno"] + 1
        if file.stat().st_size < pages * self._env.stat()["psize"]:
            self.close()
            raise StoreDamagedError("store file is shorter than its pages")

    @override
    def state(self) -> StoreState | None:
        value = self._read([STATE_KEY]).get(STATE_KEY)
        if value is None:
            return None
        try:
            return _decode_state(value)
        except msgspec.DecodeError as error:
            raise StoreDamagedError("store state is not readable") from error

    @override
    def load(self, subjects: Iterable[str]) -> dict[str, bytes]:
        found = self._read([subject.encode() for subject in subjects])
        return {key.decode(): value for key, value in found.items()}

    @override
    def commit(self, records: Mapping[str, bytes], state: StoreState) -> None:
        items = [(subject.encode(), _with_checksum(data)) for subject, data in records.items()]
        items.append((STATE_KEY, _with_checksum(_encode_state(state))))
        try:
            with self._env.begin(write=True) as transaction, transaction.cursor() as cursor:
                cursor.putmulti(items)
        except lmdb.Error as error:
            raise StoreFailedError(f"store cannot be written: {error}") from error

    def all(self) -> Iterator[bytes]:
        """Every record, in the order of subjects; nothing may be committed meanwhile. Raises `StoreDamagedError`."""
        try:
            with self._env.begin() as transaction, transaction.cursor() as cursor:
                for key, value in cursor:
                    if key != STATE_KEY:
                        yield _checked(value)
        except lmdb.Error as error:
            raise StoreDamagedError(f"store cannot be read: {error}") from error

    @override
    def close(self) -> None:
        if self._open:
            self._open = False
            self._env.close()

    def _read(self, keys: list[bytes]) -> dict[bytes, bytes]:
        try:
            with self._env.begin() as transaction, transaction.cursor() as cursor:
                return {key: _checked(value) for key, value in cursor.getmulti(keys)}
        except lmdb.Error as error:
            raise StoreDamagedError(f"store cannot be read: {error}") from error


def discard(folder: Path) -> None:
    """Removes a closed store's files and keeps its folder, whose lock may be held."""
    for name in ("data.mdb", "lock.mdb"):
        (folder / name).unlink(missing_ok=True)


_encode_state = msgspec.msgpack.Encoder().encode
_decode_state = msgspec.msgpack.Decoder(StoreState).decode


def _with_checksum(data: bytes) -> bytes:
    return crc32(data).to_bytes(CHECKSUM_BYTES, "big") + data


def _checked(value: bytes) -> bytes:
    data = value[CHECKSUM_BYTES:]
    if crc32(data).to_bytes(CHECKSUM_BYTES, "big") != value[:CHECKSUM_BYTES]:
        raise StoreDamagedError("a record's checksum differs")
    return data
