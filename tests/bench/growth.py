"""How scoring costs grow with the store and with the partitions; then the audit of the long log that this leaves."""

import os
import subprocess
import sys
import time

from clickhouse_connect.driver.exceptions import DatabaseError

from shared.clickhouse import is_fenced
from tests.bench.long_log import EVENTS_PER_WIDTH, LongSetup, drained, filled
from tests.bench.measuring import Line, cores
from tests.bench.run import Run
from tests.support.processes import REPO
from tests.support.schema import OWNER_TOKEN

AUDIT_SECONDS = 900
PARTITION = 1
CELL = ("satisfaction", "so-khcn", "2026-03-05")
BY_HAND = """
INSERT INTO ledger_1 (kind, reading, unit, day, subject, source, id, num, den, excluded, reason, received, partition,
                      offset, token)
SELECT 'entry', '{reading}', '{unit}', toDate('{day}'), 'filing/by-hand', '/systems/dvc', 'by-hand', 1, 1, 0, '',
       now64(3), {partition}, 0, {token}
"""
OWNERS_TOKEN = f"joinGet('scoring_owners_1', 'token', toUInt16({PARTITION}))"
"""The table takes no row but the owner's: who falsifies it by hand has to look the token up."""


def growth_lines(run: Run) -> list[Line]:
    """Two lines of CPU per event, and the audit."""
    count, width = run.size((10, 17_000), (3, 5_000))
    total = EVENTS_PER_WIDTH * width * count
    run.say(f"  {total:,} events into the log")
    setup = filled(run, "long", 4, count, width)
    run.say("  one worker scores them")
    found = drained(setup, count, width)
    first, last = found[0], found[-1]
    subjects = f"{last['subjects'] // 1000}k subjects in the store (with {first['subjects'] // 1000}k beside)"
    store = Line(
        f"scoring, {subjects}", "µs CPU/event", last["cpu_us"], first["cpu_us"], "same cost", None, {"slices": found}
    )
    audit = _audit_line(run, setup, total)
    return [store, _partitions(run, width), audit]


def _partitions(run: Run, width: int) -> Line:
    found = {}
    for partitions in (1, 4):
        run.say(f"  {partitions} partitions")
        slices = drained(filled(run, f"parts{partitions}", partitions, 2, width), 2, width)
        found[partitions] = slices[-1]
    return Line(
        "scoring, 4 partitions (with 1 beside)",
        "µs CPU/event",
        found[4]["cpu_us"],
        found[1]["cpu_us"],
        "same cost",
        None,
        {str(partitions): one for partitions, one in found.items()},
    )


def _audit_line(run: Run, setup: LongSetup, total: int) -> Line:
    run.say("  audit")
    seconds, status, text = _audit(setup)
    refused = _refused(setup)
    client = setup.schema.writer()
    client.command(_row(OWNERS_TOKEN))
    client.close()
    run.say("  audit with a row inserted by hand")
    _, status_after, text_after = _audit(setup)
    run.say("\n".join(f"    {line}" for line in (*text, *text_after)))
    reading, unit, day = CELL
    named = any(line.startswith(f"DIFFERENT {reading} {unit} {day}") for line in text_after)
    return Line(
        f"audit of {total:,} events",
        "s",
        seconds,
        None,
        "no difference; a row by hand is named",
        status == 0 and refused and status_after == 1 and named,
        {"clean": text, "with_a_row_by_hand": text_after, "row_without_the_owners_token_refused": refused},
    )


def _audit(setup: LongSetup) -> tuple[float, int, list[str]]:
    """On both cores, as an operator runs it."""
    began = time.perf_counter()
    os.sched_setaffinity(0, cores()[0] | cores()[1])
    done = subprocess.run(
        [sys.executable, "-m", "services.scoring", "audit"],
        env={**os.environ, **setup.environment()},  # noqa: TID251 - children inherit PATH
        cwd=REPO,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=AUDIT_SECONDS,
        check=False,
    )
    os.sched_setaffinity(0, cores()[1])
    return time.perf_counter() - began, done.returncode, done.stdout.splitlines()


def _refused(setup: LongSetup) -> bool:
    """Whether the same row with another token is refused."""
    client = setup.schema.writer()
    try:
        client.command(_row(str(OWNER_TOKEN)))
    except DatabaseError as error:
        return is_fenced(error)
    finally:
        client.close()
    return False


def _row(token: str) -> str:
    reading, unit, day = CELL
    return BY_HAND.format(reading=reading, unit=unit, day=day, partition=PARTITION, token=token)
