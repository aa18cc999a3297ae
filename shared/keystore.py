"""Where keys are kept: a table of ClickHouse or, for tests, memory; and the ring that a service holds of them."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import Error as ClickHouseError

from shared.errors import RetryableError
from shared.keys import KeyRecord, KeyState, Role, authenticate, key_id_of
from shared.logs import get_logger

REFRESH_SECONDS = 2.0
"""A revocation takes effect within 5 s: at most this, plus the query, plus one slow query before it."""

READ_PAUSE_SECONDS = 0.5
"""Between two reads however many ask, so that guessing keys costs the store two queries per second."""

NEW_KEY_SECONDS = 3.0
"""An unknown key is refused after this when the store does not answer."""

COLUMNS = ("key_id", "hash", "role", "owner", "system", "units", "types", "state", "at")

NEWEST_ROWS = """
SELECT key_id, argMax(tuple(hash, role, owner, system, units, types, state, at), at) AS row
FROM api_keys GROUP BY key_id
"""

log = get_logger(__name__)


class KeyStore(Protocol):
    """All keys ever made; blocking."""

    def load(self) -> dict[str, KeyRecord]:
        """Key id → its newest record, revoked ones included. Raises `RetryableError`."""

    def put(self, record: KeyRecord) -> None:
        """Adds a key or its new state; the newest `at` counts. Raises `RetryableError`."""


class MemoryKeyStore:
    """The twin for tests."""

    def __init__(self) -> None:
        self._records: dict[str, KeyRecord] = {}

    def load(self) -> dict[str, KeyRecord]:
        """See `KeyStore.load`."""
        return dict(self._records)

    def put(self, record: KeyRecord) -> None:
        """See `KeyStore.put`."""
        known = self._records.get(record.key_id)
        if known is None or _instant(record) >= _instant(known):
            self._records[record.key_id] = record


class ClickHouseKeyStore:
    """Table `api_keys`: rows are only added. `put` needs a client that may write."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def load(self) -> dict[str, KeyRecord]:
        """See `KeyStore.load`."""
        try:
            rows = self._client.query(NEWEST_ROWS).result_rows
        except ClickHouseError as error:
            raise RetryableError(f"keys cannot be read: {type(error).__name__}") from error
        return {key_id: _record(key_id, row) for key_id, row in rows}

    def put(self, record: KeyRecord) -> None:
        """See `KeyStore.put`."""
        row = (
            record.key_id,
            record.hash,
            record.role.value,
            record.owner,
            record.system,
            sorted(record.units),
            sorted(record.types),
            record.state.value,
            _instant(record),
        )
        try:
            self._client.insert("api_keys", [row], column_names=COLUMNS)
        except ClickHouseError as error:
            raise RetryableError(f"key {record.key_id} cannot be written: {type(error).__name__}") from error


class KeyRing:
    """The keys as this process knows them, read again every 2 s, or at once for a key that it does not know.

    The last known ones stay when the store is away.
    """

    def __init__(self, store: KeyStore, refresh_seconds: float = REFRESH_SECONDS) -> None:
        self._store = store
        self._refresh_seconds = refresh_seconds
        self._ring: Mapping[str, KeyRecord] = {}
        self._loaded_at = 0.0
        self._task: asyncio.Task[None] | None = None
        self._began_at = 0.0
        self._wanted = asyncio.Event()
        self._came_back = asyncio.Event()

    async def start(self) -> None:
        """Loads the keys once, then keeps them fresh. Raises `RetryableError` when the first load fails."""
        await self.refresh()
        self._task = asyncio.create_task(self._keep_fresh(), name="key ring")

    async def stop(self) -> None:
        """Ends the refreshing; safe when it never started."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def refresh(self) -> None:
        """Reads all keys now. Raises `RetryableError`."""
        began_at = time.monotonic()
        try:
            self._ring = await asyncio.to_thread(self._store.load)
            self._loaded_at = time.monotonic()
        finally:
            self._began_at = began_at
            self._came_back.set()
            self._came_back = asyncio.Event()

    async def prove(self, authorization: str) -> KeyRecord | None:
        """The active key that the header proves, or None; an unknown key may be new, so the keys are read for it."""
        key_id = key_id_of(authorization)
        if key_id and key_id not in self._ring and self._task is not None:
            await self._read_again(time.monotonic())
        return self.authenticate(authorization)

    def authenticate(self, authorization: str) -> KeyRecord | None:
        """The active key that the header proves among those known now, or None."""
        return authenticate(authorization, self._ring)

    def active(self, key_id: str) -> KeyRecord | None:
        """The key of this id unless it is unknown or revoked; for sessions, which name a key that was proved before."""
        record = self._ring.get(key_id)
        return record if record is not None and record.state is KeyState.ACTIVE else None

    @property
    def age_seconds(self) -> float:
        """How old the known keys are; infinite before the first load."""
        return time.monotonic() - self._loaded_at if self._loaded_at else float("inf")

    async def _read_again(self, asked_at: float) -> None:
        """Returns when a read that began after `asked_at` has come back; one read serves all who wait."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(NEW_KEY_SECONDS):
                while self._began_at < asked_at:
                    self._wanted.set()
                    await self._came_back.wait()

    async def _keep_fresh(self) -> None:
        away, pause = False, min(READ_PAUSE_SECONDS, self._refresh_seconds)
        while True:
            # Not `wait_for`: before Python 3.12 it swallows a cancellation that comes together with the event.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._refresh_seconds):
                    await self._wanted.wait()
            await asyncio.sleep(self._began_at + pause - time.monotonic())
            self._wanted.clear()
            try:
                await self.refresh()
            except RetryableError as error:
                if not away:
                    log.warning("keys_not_refreshed", cause=str(error))
                away = True
            else:
                away = False


def _record(key_id: str, row: tuple[object, ...]) -> KeyRecord:
    digest, role, owner, system, units, types, state, at = row
    return KeyRecord(
        key_id,
        digest.decode() if isinstance(digest, bytes) else str(digest),
        Role(str(role)),
        str(owner),
        str(system),
        frozenset(units) if isinstance(units, list | tuple) else frozenset(),
        frozenset(types) if isinstance(types, list | tuple) else frozenset(),
        KeyState(str(state)),
        at if isinstance(at, datetime) else None,
    )


def _instant(record: KeyRecord) -> datetime:
    return record.at or datetime.fromtimestamp(0, UTC)
