"""One suite for every key store: memory, and the real table."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

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


async def eventually_refused(authenticate: Callable[[], KeyRecord | None]) -> None:
    async def refused() -> bool:
        return authenticate() is None

    await eventually(refused, deadline_seconds=5, what="refused")
