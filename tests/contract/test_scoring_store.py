"""One suite for the store of scoring and its twin in memory; then what only a store on disk must withstand."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from multiprocessing.synchronize import Event as ProcessEvent
from pathlib import Path

import pytest

from services.scoring.folders import MAX_OPENS_WITHOUT_COMMIT, StoreFolder
from services.scoring.restore import Identity, open_store, unusable
from services.scoring.store import LmdbStore, MemoryStore, Store, StoreDamagedError, StoreFailedError, StoreState

MAP_BYTES = 1 << 30
IDENTITY = Identity("readings", "facts", "boot")


def state(offset: int) -> StoreState:
    return IDENTITY.at(offset)


@pytest.fixture(params=["memory", "lmdb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    one: Store = MemoryStore() if request.param == "memory" else LmdbStore(tmp_path, MAP_BYTES)
    yield one
    one.close()


def test_a_new_store_has_no_state_and_no_records(store: Store) -> None:
    assert store.state() is None
    assert store.load(["filing/a"]) == {}


def test_what_was_committed_is_loaded(store: Store) -> None:
    store.commit({"filing/a": b"1", "filing/b": b""}, state(7))
    assert store.load(["filing/b", "filing/a", "filing/c"]) == {"filing/a": b"1", "filing/b": b""}
    assert store.state() == state(7)


def test_a_later_commit_replaces_records_and_state_and_keeps_the_others(store: Store) -> None:
    store.commit({"filing/a": b"1", "filing/b": b"2"}, state(1))
    store.commit({"filing/a": b"3"}, state(2))
    assert store.load(["filing/a", "filing/b"]) == {"filing/a": b"3", "filing/b": b"2"}
    assert store.state() == state(2)


def test_a_block_without_records_moves_the_offset(store: Store) -> None:
    store.commit({}, state(3))
    assert store.state() == state(3)


def test_subjects_in_any_script_and_length_of_the_contract_are_keys(store: Store) -> None:
    subjects = ["count/tỷ-lệ/x/y/z", "filing/" + "f" * 64, "x" * 400]
    store.commit({subject: subject.encode() for subject in subjects}, state(0))
    assert store.load(subjects) == {subject: subject.encode() for subject in subjects}


def test_closing_twice_has_no_effect(store: Store) -> None:
    store.close()
    store.close()


def test_a_reopened_store_holds_what_was_committed(tmp_path: Path) -> None:
    first = LmdbStore(tmp_path, MAP_BYTES)
    first.commit({"filing/a": b"1"}, state(5))
    first.close()
    second = LmdbStore(tmp_path, MAP_BYTES)
    assert (second.state(), second.load(["filing/a"])) == (state(5), {"filing/a": b"1"})
    second.close()


def _write_until_killed(folder: Path, began: ProcessEvent) -> None:
    store = LmdbStore(folder, MAP_BYTES)
    offset = 0
    while True:
        offset += 1
        value = str(offset).encode() * 1000
        store.commit({f"filing/{number}": value for number in range(50)}, state(offset))
        if offset == 20:
            began.set()


def test_kill_9_in_the_middle_of_commits_leaves_records_and_offset_of_one_commit(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    began = context.Event()
    process = context.Process(target=_write_until_killed, args=(tmp_path, began), daemon=True)
    process.start()
    assert began.wait(60)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    store = LmdbStore(tmp_path, MAP_BYTES)
    found = store.state()
    assert found is not None
    assert set(store.load([f"filing/{number}" for number in range(50)]).values()) == {str(found.offset).encode() * 1000}
    store.close()


def test_a_full_store_says_that_it_cannot_be_written(tmp_path: Path) -> None:
    store = LmdbStore(tmp_path, 1 << 20)
    with pytest.raises(StoreFailedError):
        store.commit({"filing/a": bytes(2 << 20)}, state(1))
    store.close()


def _committed(folder: Path) -> Path:
    store = LmdbStore(folder, MAP_BYTES)
    store.commit({f"filing/{number}": os.urandom(2_000) for number in range(500)}, state(9))
    store.close()
    return folder / "data.mdb"


def _truncate(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _overwrite_meta(file: Path) -> None:
    with file.open("r+b") as data:
        data.write(b"\xff" * 8192)


@pytest.mark.parametrize("damage", [_truncate, _overwrite_meta])
def test_a_damaged_file_is_found_at_opening_and_replaced_by_an_empty_store(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    folder = StoreFolder(tmp_path, 0)
    damage(_committed(folder.path))
    with pytest.raises(StoreDamagedError):
        LmdbStore(folder.path, MAP_BYTES)
    store = open_store(folder, MAP_BYTES, IDENTITY, 9)
    assert store.state() is None
    store.close()
    folder.release()


def test_a_flipped_byte_is_found_when_the_record_is_read(tmp_path: Path) -> None:
    store = LmdbStore(tmp_path, MAP_BYTES)
    store.commit({"filing/a": b"the-record-of-a" * 10}, state(1))
    store.close()
    file = tmp_path / "data.mdb"
    file.write_bytes(file.read_bytes().replace(b"the-record-of-a", b"the-record-of-b"))
    store = LmdbStore(tmp_path, MAP_BYTES)
    with pytest.raises(StoreDamagedError, match="checksum"):
        store.load(["filing/a"])
    store.close()


@pytest.mark.parametrize(
    ("found", "mark", "reason"),
    [
        (None, 5, ""),
        (state(5), 5, ""),
        (state(4), 5, ""),
        (state(6), 5, "ahead of the ledger"),
        (StoreState(5, "other", "facts", "boot"), 5, "other readings or facts"),
        (StoreState(5, "readings", "other", "boot"), 5, "other readings or facts"),
        (StoreState(5, "readings", "facts", "other"), 5, "power loss"),
    ],
)
def test_a_store_is_used_only_when_it_stands_for_the_same_and_for_no_more(
    found: StoreState | None, mark: int, reason: str
) -> None:
    assert unusable(found, IDENTITY, mark) == reason


def test_two_workers_never_share_a_folder_and_a_free_one_is_used_again(tmp_path: Path) -> None:
    first, second = StoreFolder(tmp_path, 3), StoreFolder(tmp_path, 3)
    assert (first.path.name, second.path.name) == ("3", "3-1")
    first.release()
    third = StoreFolder(tmp_path, 3)
    assert third.path == first.path
    second.release()
    third.release()


def test_a_store_that_ends_the_process_at_every_start_is_given_up(tmp_path: Path) -> None:
    folder = StoreFolder(tmp_path, 0)
    _committed(folder.path)
    for _ in range(MAX_OPENS_WITHOUT_COMMIT):
        store = open_store(folder, MAP_BYTES, IDENTITY, 9)
        assert store.state() == state(9)
        store.close()
    store = open_store(folder, MAP_BYTES, IDENTITY, 9)
    assert store.state() is None
    store.close()
    folder.committed()
    assert folder.opened()
    folder.release()
