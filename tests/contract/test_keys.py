"""One suite for every key store: memory, and the real table."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import RetryableError
from shared.keys import KeyRecord, KeyState, NewKey, Role, new_key
from shared.keystore import ClickHouseKeyStore, KeyRing, KeyStore, MemoryKeyStore
from tests.support.waiting import eventually

NOW = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)


@pytest.fixture(params=["memory", "clickhouse"])
def store(request: pytest.FixtureRequest) -> KeyStore:
    if request.param == "memory":
        return MemoryKeyStore()
    return ClickHouseKeyStore(request.getfixturevalue("schema").writer())


def emit_key(at: datetime = NOW) -> NewKey:
    return new_key(Role.EMIT, "Văn phòng", system="dvc", units=["xa-11977"], types=["filing.rated"], at=at)


def test_a_key_is_loaded_as_it_was_stored(store: KeyStore) -> None:
    made = emit_key()

    store.put(made.record)

    assert store.load() == {made.record.key_id: made.record}


def test_the_newest_state_counts_in_any_order_of_writing(store: KeyStore) -> None:
    made = emit_key()

    store.put(made.record.revoked(NOW + timedelta(microseconds=1)))
    store.put(made.record)

    assert store.load()[made.record.key_id].state is KeyState.REVOKED


def test_two_keys_of_a_system_live_at_once_for_rotation(store: KeyStore) -> None:
    old, new = emit_key(), emit_key()
    store.put(old.record)
    store.put(new.record)
    store.put(old.record.revoked(NOW + timedelta(seconds=1)))

    states = {record.key_id: record.state for record in store.load().values()}

    assert states == {old.record.key_id: KeyState.REVOKED, new.record.key_id: KeyState.ACTIVE}


async def test_a_ring_proves_active_keys_and_no_others(store: KeyStore) -> None:
    good, revoked = emit_key(), emit_key()
    store.put(good.record)
    store.put(revoked.record.revoked(NOW + timedelta(seconds=1)))
    ring = KeyRing(store)
    await ring.refresh()

    assert ring.authenticate(f"Bearer {good.token}") == good.record
    assert ring.authenticate(f"Bearer {revoked.token}") is None
    assert ring.authenticate(f"Bearer {good.token}x") is None
    assert ring.authenticate(f"Basic {good.token}") is None


async def test_a_running_ring_learns_of_a_revocation(store: KeyStore) -> None:
    made = emit_key()
    store.put(made.record)
    ring = KeyRing(store, refresh_seconds=0.01)
    await ring.start()
    try:
        store.put(made.record.revoked(NOW + timedelta(seconds=1)))
        await eventually_refused(lambda: ring.authenticate(f"Bearer {made.token}"))
    finally:
        await ring.stop()


async def test_a_new_key_is_proved_at_once_by_a_running_ring(store: KeyStore) -> None:
    ring = KeyRing(store, refresh_seconds=3600)
    await ring.start()
    try:
        for made in (emit_key(), emit_key()):
            store.put(made.record)
            assert await ring.prove(f"Bearer {made.token}") == made.record
            assert await ring.prove(f"Bearer {made.token[:-1]}!") is None
    finally:
        await ring.stop()


class CountingStore(MemoryKeyStore):
    """Counts its reads; fails while `away`."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.away = False

    def load(self) -> dict[str, KeyRecord]:
        self.reads += 1
        if self.away:
            raise RetryableError("away")
        return super().load()


async def test_many_guesses_at_once_cost_one_read_and_nonsense_costs_none() -> None:
    store = CountingStore()
    ring = KeyRing(store, refresh_seconds=3600)
    await ring.start()
    try:
        guesses = [ring.prove(f"Bearer {emit_key().token}") for _ in range(500)]
        assert await asyncio.gather(*guesses) == [None] * 500
        assert store.reads == 2

        for nonsense in ("", "Bearer ct_unknown_secret", f"Basic {emit_key().token}", "Bearer ct_0123456789_"):
            assert await ring.prove(nonsense) is None
        assert store.reads == 2
    finally:
        await ring.stop()


async def test_guesses_one_after_another_wait_for_the_pause_between_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.keystore.READ_PAUSE_SECONDS", 3600)
    monkeypatch.setattr("shared.keystore.NEW_KEY_SECONDS", 0.05)
    store = CountingStore()
    ring = KeyRing(store, refresh_seconds=3600)
    await ring.start()
    try:
        for _ in range(3):
            assert await ring.prove(f"Bearer {emit_key().token}") is None
        assert store.reads == 1
    finally:
        await ring.stop()


async def test_an_unknown_key_is_refused_and_known_ones_work_while_the_store_is_away() -> None:
    store, known = CountingStore(), emit_key()
    store.put(known.record)
    ring = KeyRing(store, refresh_seconds=3600)
    await ring.start()
    try:
        store.away = True
        assert await ring.prove(f"Bearer {emit_key().token}") is None
        assert await ring.prove(f"Bearer {known.token}") == known.record

        store.away = False
        made = emit_key()
        store.put(made.record)
        assert await ring.prove(f"Bearer {made.token}") == made.record
    finally:
        await ring.stop()


async def eventually_refused(authenticate: Callable[[], KeyRecord | None]) -> None:
    async def refused() -> bool:
        return authenticate() is None

    await eventually(refused, deadline_seconds=5, what="refused")
