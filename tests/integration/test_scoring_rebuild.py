"""Audit, rebuild, dead letters and the watchdog of the scoring worker, on a real broker and a real engine."""

import os
import re
import threading
from pathlib import Path

import pytest

from services.scoring.settings import ScoringSettings
from services.scoring.versions import resolve_version
from shared.contracts.changes import decode_change
from shared.contracts.event import Envelope, encode_envelope
from shared.errors import StartError
from shared.schema.apply import apply_schema
from shared.schema.projections import activate, create_version, drop_version, known_versions, viewed_version
from shared.topics import CHANGES, partition_of
from tests.support.api import start_api
from tests.support.schema import Schema
from tests.support.scoring import DEADLINE_SECONDS, PARTITIONS, ScoringSetup, filings, retractions
from tests.support.waiting import wait_until

POLL_SECONDS = 0.1
RATINGS = "filing_satisfaction"


def wait_processed(scoring: ScoringSetup) -> None:
    """Returns once every event that was sent is in both tables; the cells may be those of other readings."""
    events = len({(event.source, event.id) for event in scoring.sent})

    def marks(table: str) -> list[tuple[object, ...]]:
        return scoring.query(f"SELECT partition, max(offset) FROM {table} GROUP BY partition ORDER BY partition")  # noqa: S608

    wait_until(
        # A block's ledger rows come after its rows of `events`.
        lambda: (
            scoring.query("SELECT uniqExact(source, id) FROM events WHERE kind = 'event'") == [(events,)]
            and marks("events") == marks("ledger")
        ),
        deadline_seconds=DEADLINE_SECONDS,
        what=f"{events} events processed",
    )


def test_an_audit_recomputes_every_cell_and_names_the_one_that_was_changed_by_hand(scoring: ScoringSetup) -> None:
    scoring.send(filings(0, 100))
    scoring.send(retractions(filings(0, 40)))
    scoring.worker().start()
    scoring.wait_exact()
    status, said = scoring.run("audit")
    assert (status, "no difference" in said) == (0, True), said
    owners = f"{scoring.schema.database}.scoring_owners_1"
    scoring.command(
        "INSERT INTO ledger_1 (kind, reading, unit, day, subject, num, den, partition, offset, token)"
        " SELECT 'entry', 'filing_full_online', 'so-khcn', toDate('2026-03-02'), 'filing/by-hand', 1, 1, 0, 0,"
        f" joinGet('{owners}', 'token', toUInt16(0))"
    )
    status, said = scoring.run("audit")
    assert status == 1
    assert re.search(r"DIFFERENT filing_full_online so-khcn 2026-03-02: found \((\d+), (\d+), 0\), expected", said), (
        said
    )
    assert "1 differences" in said


def send_on(scoring: ScoringSetup) -> None:
    for first in range(1000, 1400, 10):
        scoring.send(filings(first, 10))


class BoardPoll:
    """Reads the board again and again, as a wallboard would; `answers` are (cell → denominator)."""

    def __init__(self, schema: Schema) -> None:
        self.answers: list[dict[tuple[str, str], int]] = []
        self.errors: list[Exception] = []
        self._client = schema.reader()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._poll)

    def __enter__(self) -> "BoardPoll":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._client.close()

    def _poll(self) -> None:
        sql = "SELECT figure, unit, den FROM board(period = '2026', as_of = toDate('2026-12-31'))"
        while not self._ended.wait(POLL_SECONDS):
            try:
                rows = self._client.query(sql).result_rows
            except Exception as error:  # noqa: BLE001 - whatever a screen would have seen
                self.errors.append(error)
            else:
                self.answers.append({(str(figure), str(unit)): int(den) for figure, unit, den in rows})


def test_a_changed_reading_is_shown_first_and_switched_on_under_load_without_a_gap(scoring: ScoringSetup) -> None:
    old = scoring.worker("without_ratings").start()
    scoring.send(filings(0, 150))
    wait_processed(scoring)
    before, expected = scoring.sums(), scoring.expected()
    status, said = scoring.run("rebuild", "--dry-run")
    assert status == 0, said
    moving = {key for key in before.keys() | expected.keys() if before.get(key) != expected.get(key)}
    assert moving
    assert len(re.findall(r"^MOVES ", said, re.MULTILINE)) == len(moving)
    assert {line.split()[1] for line in said.splitlines() if line.startswith("MOVES")} == {key[0] for key in moving}
    assert scoring.sums() == before, "nothing moves before the switch"
    with BoardPoll(scoring.schema) as board:
        feeding = threading.Thread(target=send_on, args=(scoring,))
        feeding.start()
        status, said = scoring.run("rebuild", "--yes")
        assert status == 0, said
        assert "replaced by 2" in old.wait_exit()[1] or "another owner" in old.wait_exit()[1]
        new = scoring.worker().start()
        feeding.join()
        scoring.wait_exact()
        seen = len(board.answers)
        wait_until(lambda: len(board.answers) > seen + 1, deadline_seconds=DEADLINE_SECONDS, what="a last look")
    assert board.errors == []
    assert {frozenset(answer) for answer in board.answers} == {frozenset(board.answers[0])}, "a cell came or went"
    for earlier, later in zip(board.answers, board.answers[1:], strict=False):
        assert all(later[cell] >= den for cell, den in earlier.items()), "a figure fell back or was doubled for a while"
    assert scoring.query("SELECT version FROM projection") == [(2,)]
    assert any(decode_change(value).everything for value, _ in scoring.read(CHANGES))
    assert scoring.run("drop", "--version", "2")[0] == 1
    assert scoring.run("drop", "--version", "1")[0] == 0
    assert new.process.stop() == 0
    status, said = scoring.run("audit")
    assert status == 0, said


def test_an_interrupted_switch_is_finished_and_never_undone(scoring: ScoringSetup) -> None:
    database, client = scoring.schema.database, scoring.schema.writer()
    settings = ScoringSettings(**scoring.settings.model_dump())
    assert resolve_version(settings).scoring_version == 1
    create_version(client, database, 2)
    activate(client, database, 2)
    assert viewed_version(client, database) == 1
    assert resolve_version(settings).scoring_version == 2
    assert viewed_version(client, database) == 2
    with pytest.raises(StartError, match="replaced by 2"):
        resolve_version(settings.model_copy(update={"scoring_version": 1}))
    apply_schema(client, database)
    assert viewed_version(client, database) == 2, "applying the schema again must not go back"
    with pytest.raises(ValueError, match="active"):
        drop_version(client, database, 2)
    drop_version(client, database, 1)
    assert known_versions(client, database) == [2]
    client.close()


def test_dead_letters_are_told_by_the_api_and_a_replay_counts_their_events_once(
    scoring: ScoringSetup, tmp_path: Path
) -> None:
    failing = scoring.worker("failing").start()
    scoring.send(filings(0, 20))
    astray = filings(100, 1)
    scoring.sent += astray
    wrong = (partition_of(astray[0].subject, PARTITIONS) + 1) % PARTITIONS
    scoring.send_raw([(wrong, encode_envelope(Envelope(1_772_500_000_000, astray))), (wrong, b"\xc1 no envelope")])
    fine = [event for event in filings(200, 20) if event.type != "filing.rated"]
    scoring.send(fine)
    wait_until(
        lambda: scoring.query("SELECT uniqExact(subject) FROM ledger WHERE subject LIKE 'filing/%'") == [(20,)],
        deadline_seconds=DEADLINE_SECONDS,
        what="what follows the poison",
    )
    assert failing.process.stop() == 0
    api = start_api(
        scoring.schema,
        tmp_path / "api",
        kafka_bootstrap=scoring.settings.kafka_bootstrap,
        topic_prefix=scoring.settings.topic_prefix,
    )
    try:
        assert api.get("/v1/dead-letters", role="view").status_code == 403
        answer = api.get("/v1/dead-letters", role="operate").json()
        assert answer["waiting"] == PARTITIONS + 2
        assert {letter["reason"] for letter in answer["dead_letters"]} == {
            "reading_failed",
            "wrong_partition",
            "undecodable",
        }
        scoring.worker().start()
        status, said = scoring.run("replay", "--all")
        assert (status, "its sender must send the events again" in said) == (1, True), said
        for letter in answer["dead_letters"]:
            one = ["--partition", str(letter["partition"]), "--offset", str(letter["offset"])]
            assert scoring.run("replay", *one)[0] == (letter["reason"] == "undecodable")
        scoring.wait_exact()
        after = api.get("/v1/dead-letters", role="operate").json()
    finally:
        api.process.stop()
    assert (after["waiting"], after["dead_letters"][0]["reason"]) == (1, "undecodable")
    assert scoring.run("audit")[0] == 0


@pytest.mark.parametrize("fault", ["sleeping", "blocked_loop"])
def test_a_worker_that_is_blocked_exits_with_partition_and_offset_in_its_last_line(
    scoring: ScoringSetup, fault: str
) -> None:
    worker = scoring.worker(fault, CHITIEU_SCORING_STUCK_SECONDS="3")
    worker.process.start()
    scoring.send(filings(0, 1))
    status, reason = worker.wait_exit()
    assert status == 1
    # -2 is before the seed: on a busy machine the loop may be blocked that early.
    assert re.search(r"partition \d has not moved past offset -[12]", reason), reason
    assert ("blocked in a reading at offsets 0 to 0" in reason) == (fault == "sleeping")
    scoring.worker().start()
    scoring.wait_exact()


def test_a_reading_that_never_gives_the_interpreter_back_ends_the_worker(scoring: ScoringSetup) -> None:
    worker = scoring.worker("running_away", CHITIEU_SCORING_STUCK_SECONDS="2").start()
    scoring.send(filings(0, 1))
    assert worker.wait_exit()[0] == 1
    assert "in running_away" in worker.process.log.read_text()


def test_stores_of_random_bytes_or_newer_than_the_ledger_are_filled_again(scoring: ScoringSetup) -> None:
    worker = scoring.worker().start()
    scoring.send(filings(0, 60))
    scoring.wait_exact()
    older = scoring.marks()
    scoring.send(retractions(filings(0, 60)))
    scoring.send(filings(60, 60))
    scoring.wait_exact()
    assert worker.process.stop() == 0
    newer = " OR ".join(f"(partition = {partition} AND offset > {mark})" for partition, mark in older.items())
    for table in ("events_1", "ledger_1"):
        scoring.command(f"ALTER TABLE {table} DELETE WHERE {newer} SETTINGS mutations_sync = 2")
    assert scoring.marks() == older
    noise = scoring.folder / "data" / "scoring-1" / "0" / "data.mdb"
    noise.write_bytes(os.urandom(noise.stat().st_size))
    (noise.parent.parent / "1" / "data.mdb").write_bytes(b"")
    again = scoring.worker().start()
    scoring.wait_exact()
    reasons = [line["reason"] for line in again.lines() if line["event"] == "store_discarded"]
    assert reasons.count("ahead of the ledger") == 2
    assert any("does not open" in reason for reason in reasons)
