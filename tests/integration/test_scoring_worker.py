"""The scoring worker as a process, on a real broker and a real engine: exact whatever happens to it."""

import os
import re
import shutil
import signal
from pathlib import Path

from shared.contracts.changes import decode_change
from shared.topics import CHANGES
from tests.support.listeners import listening_addresses
from tests.support.scoring import DEADLINE_SECONDS, ScoringSetup, filings, retractions
from tests.support.waiting import wait_until

SMALL_BLOCKS = {"CHITIEU_SCORING_BLOCK_BYTES": "20000", "CHITIEU_SCORING_LINGER_SECONDS": "0.01"}
"""A backlog becomes many blocks, so that a kill meets one in every step."""


def test_events_become_exact_sums_and_repeated_deliveries_change_nothing(scoring: ScoringSetup) -> None:
    events = filings(0, 200)
    scoring.send(events)
    worker = scoring.worker().start()
    scoring.send([*events[:400], *filings(200, 20)])
    scoring.wait_exact()
    assert {address for address, _ in listening_addresses(worker.process.pid)} == {"127.0.0.1"}
    assert [port for _, port in listening_addresses(worker.process.pid)] == [worker.port]
    assert worker.process.stop() == 0


def test_every_cell_that_moved_is_announced_with_an_offset_the_ledger_has(scoring: ScoringSetup) -> None:
    scoring.worker().start()
    scoring.send(filings(0, 40))
    scoring.wait_exact()
    changes = [decode_change(value) for value, _ in scoring.read(CHANGES)]
    moved = {(str(reading), str(unit)) for reading, unit, *_ in scoring.sums()}
    assert moved <= {cell for change in changes for cell in change.cells}
    assert all(change.offset <= scoring.marks()[change.partition] for change in changes)


def test_kill_9_in_the_middle_of_blocks_loses_and_doubles_nothing(scoring: ScoringSetup) -> None:
    for blocks in (4, 9):
        scoring.send(filings(1_000 * blocks, 500))
        enough = sum(scoring.marks().values()) + blocks
        worker = scoring.worker(**SMALL_BLOCKS)
        worker.process.start()
        wait_until(
            lambda enough=enough: sum(scoring.marks().values()) > enough,  # type: ignore[misc]
            deadline_seconds=DEADLINE_SECONDS,
            what="some blocks",
        )
        worker.process.kill()
    scoring.send(retractions(filings(4_000, 100)))
    scoring.worker().start()
    scoring.wait_exact()


def test_a_backlog_that_is_larger_than_the_buffers_is_processed_whole(scoring: ScoringSetup) -> None:
    scoring.send(filings(0, 600))
    scoring.worker(**SMALL_BLOCKS, CHITIEU_SCORING_BUFFER_BYTES="30000").start()
    scoring.send(filings(600, 600))
    scoring.wait_exact()


def test_tables_that_were_lost_are_filled_again_although_the_group_has_committed(scoring: ScoringSetup) -> None:
    worker = scoring.worker().start()
    scoring.send(filings(0, 100))
    scoring.wait_exact()
    assert worker.process.stop() == 0
    scoring.command("TRUNCATE TABLE events_1")
    scoring.command("TRUNCATE TABLE ledger_1")
    scoring.worker().start()
    scoring.wait_exact()


def test_partitions_move_to_a_second_worker_and_back_under_load(scoring: ScoringSetup) -> None:
    first = scoring.worker(**SMALL_BLOCKS).start()
    scoring.send(filings(0, 500))
    second = scoring.worker(**SMALL_BLOCKS).start()
    scoring.send(filings(500, 500))
    assert (first.assigned(), second.assigned()) == (2, 2)
    scoring.send(filings(0, 200))
    assert first.process.stop() == 0
    scoring.send(filings(1_000, 200))
    scoring.wait_exact()
    assert second.assigned() == 4


def test_a_worker_that_slept_past_its_session_writes_nothing_when_it_wakes(scoring: ScoringSetup) -> None:
    frozen = scoring.worker(**SMALL_BLOCKS).start()
    scoring.send(filings(0, 800))
    wait_until(lambda: sum(scoring.marks().values()) > 0, deadline_seconds=DEADLINE_SECONDS, what="first block")
    frozen.process.signal(signal.SIGSTOP)
    other = scoring.worker().start()
    wait_until(lambda: other.assigned() == 4 and other.ready(), deadline_seconds=DEADLINE_SECONDS, what="take-over")
    scoring.send(filings(800, 100))
    frozen.process.signal(signal.SIGCONT)
    scoring.send(filings(900, 100))
    scoring.wait_exact()


def test_a_stale_token_is_refused_and_ends_the_worker(scoring: ScoringSetup) -> None:
    worker = scoring.worker().start()
    rows = ", ".join(f"({partition}, 12345)" for partition in range(4))
    scoring.command(f"INSERT INTO scoring_owners_1 VALUES {rows}")  # noqa: S608 - numbers
    scoring.send(filings(0, 10))
    status, reason = worker.wait_exit()
    assert status == 1
    assert "has another owner" in reason
    assert set(scoring.marks().values()) == {-1}
    scoring.worker().start()
    scoring.wait_exact()


def _delete(store: Path) -> None:
    shutil.rmtree(store)


def _truncate(store: Path) -> None:
    os.truncate(store / "data.mdb", 4096 * 3)


def _garble(store: Path) -> None:
    file = store / "data.mdb"
    size = file.stat().st_size
    file.write_bytes(file.read_bytes()[:8192] + os.urandom(size - 8192))


def test_stores_that_are_lost_or_damaged_are_filled_again_from_the_log(scoring: ScoringSetup) -> None:
    worker = scoring.worker().start()
    scoring.send(filings(0, 100))
    scoring.wait_exact()
    assert worker.process.stop() == 0
    for partition, damage in enumerate([_delete, _truncate, _garble]):
        damage(scoring.folder / "data" / "scoring-1" / str(partition))
    # Repetitions would count twice, and retractions would find nothing, without the records of before.
    scoring.send(filings(0, 100))
    scoring.send(retractions(filings(0, 50)))
    again = scoring.worker()
    again.process.start()
    while not again.settles():
        assert again.exit_status() == 1, "damage that is found while reading costs a restart"
        again.process.start()
    scoring.wait_exact()


def test_poison_goes_to_the_dead_letters_and_what_follows_is_processed(scoring: ScoringSetup) -> None:
    scoring.worker().start()
    scoring.send(filings(0, 10))
    scoring.send_raw([(partition, b"\xc1 no envelope") for partition in range(4)])
    scoring.send(filings(10, 10))
    scoring.wait_exact()
    letters = scoring.dead_letters()
    assert {value for value, _ in letters} == {b"\xc1 no envelope"}
    assert sorted(headers["partition"] for _, headers in letters) == [b"0", b"1", b"2", b"3"]
    assert {headers["reason"] for _, headers in letters} == {b"undecodable"}


def test_a_projection_filled_with_other_readings_is_refused_and_rebuild_is_named(scoring: ScoringSetup) -> None:
    scoring.command("INSERT INTO projection_versions VALUES (1, 'other', 'other', now64(3))")
    worker = scoring.worker()
    worker.process.start()
    status, reason = worker.wait_exit()
    assert status == 1
    assert "rebuild --to 2" in reason


def test_an_engine_that_hangs_ends_the_worker_with_partition_and_offset(scoring: ScoringSetup) -> None:
    # More than a start takes on a busy machine, which must not be taken for the engine's hanging.
    worker = scoring.worker(CHITIEU_SCORING_STUCK_SECONDS="10").start()
    engine = scoring.schema.engine.process
    engine.signal(signal.SIGSTOP)
    try:
        scoring.send(filings(0, 10))
        status, reason = worker.wait_exit()
    finally:
        engine.signal(signal.SIGCONT)
    assert status == 1
    assert re.search(r"partition \d has not moved past offset -1", reason)
    scoring.worker().start()
    scoring.wait_exact()
