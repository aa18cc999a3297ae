"""More than ingest takes, for a moment: every request gets an answer, and what was accepted is in the log once."""

import asyncio
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.chaos.flood import BATCH_EVENTS, Backlog, Flood, letters
from tests.chaos.memory import tree
from tests.support.ingest import LocalIngest
from tests.support.kafka import LocalKafka
from tests.support.schema import Schema
from tests.support.waiting import wait_until

MIB_64 = 64 << 20
TOUCH = f"""
import mmap, sys
held = bytearray(b"x" * {MIB_64 // 2}) + bytearray(b"x" * {MIB_64 // 2})
with open(sys.argv[1], "rb") as file:
    mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
sum(mapped[::4096])
print("ready", flush=True)
sys.stdin.read()
"""
SECONDS = 2.0
EVENTS_PER_SECOND = 50_000
"""With four requests at a time, more than any machine takes."""


def test_every_request_is_answered_and_what_was_accepted_is_in_the_log_once(
    tmp_path: Path, kafka: LocalKafka, schema: Schema, unique: str
) -> None:
    ingest = LocalIngest(
        tmp_path, kafka.bootstrap, schema, f"{unique}.", max_in_flight_requests="4", max_key_requests="3"
    )
    ingest.start()
    try:
        keys = [ingest.new_key("dvc") for _ in range(2)]
        flood = Flood(ingest.port, keys)
        wait_until(flood.known, deadline_seconds=20, what="keys known")
        # One key meets its own limit before that of all; two meet that of all.
        for flood.keys, refusal in ((keys[:1], "429 too_many_requests"), (keys, "503 overloaded")):
            asyncio.run(flood.open(SECONDS / 2, EVENTS_PER_SECOND))
            assert flood.unexpected == []
            assert {"202", refusal} <= set(flood.answers)
        found = Counter(event.id.rpartition("-")[2] for event in ingest.events())
    finally:
        assert ingest.stop() == 0, ingest.log()
    # What was answered 503 because the log was slow may be there too, whole or in part.
    assert {letters(number): found[letters(number)] for number in flood.accepted} == {
        letters(number): BATCH_EVENTS for number in flood.accepted
    }


@pytest.mark.parametrize(("scored", "lag"), [(0, 3.0), (10, 2.0), (15, 2.0), (20, 1.0), (30, 0.0)])
def test_a_backlog_is_as_old_as_its_oldest_event(scored: int, lag: float) -> None:
    backlog = Backlog()
    for moment, accepted in ((0.0, 10), (1.0, 20), (2.0, 30)):
        backlog.lag_seconds(moment, accepted, 0)
    assert backlog.lag_seconds(3.0, 30, scored) == lag


def test_memory_that_is_held_is_told_apart_from_mapped_files(tmp_path: Path) -> None:
    file = tmp_path / "mapped"
    file.write_bytes(bytes(MIB_64))
    with subprocess.Popen(
        [sys.executable, "-c", TOUCH, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        found = tree(child.pid)
        child.kill()
    assert 64 < found.held < 128
    assert 64 < found.files < 128
