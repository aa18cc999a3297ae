"""Ingest: batches of 100 over HTTP into the log, ours and a plain FastAPI endpoint on the same core in turn."""

import sys
from collections.abc import Callable

import httpx

from tests.bench.events import EVENTS_PER_FILING, SYSTEM, bodies, cloud_events
from tests.bench.load import requests, send_all
from tests.bench.measuring import Line, Sample, cores, cpu_seconds, interleaved, medians, pin
from tests.bench.run import Run
from tests.support.ingest import LocalIngest
from tests.support.processes import ChildProcess, free_ports
from tests.support.schema import create_schema

BATCH = 100
CONNECTIONS = 8
"""Enough that the endpoint never waits for the generator; ours answers an acknowledgement in 3 to 10 ms."""

TIMES, GOAL = 5.0, 100_000


def ingest_lines(run: Run) -> list[Line]:
    """One line: events per second of each."""
    count = run.size(200_000, 10_000)
    batches = bodies(list(cloud_events(count // EVENTS_PER_FILING)), BATCH)
    ours, key = _ours(run)
    theirs, port = _theirs(run, key)
    mine = requests("/v1/events", batches, "application/cloudevents-batch+json", key)
    plain = requests("/v1/events", batches, "application/json", key)
    sides = (_side(ours.process, ours.port, mine, count), _side(theirs, port, plain, count))
    for side in sides:
        side()  # the first run warms up: imports, connections, topics
    samples, baseline = interleaved(run.rounds, *sides)
    ours.stop()
    theirs.stop()
    mine_rate, plain_rate = medians(samples), medians(baseline)
    times = mine_rate["per_second"] / plain_rate["per_second"]
    return [
        Line(
            "ingest, batches of 100, one core",
            "events/s",
            mine_rate["per_second"],
            plain_rate["per_second"],
            f"≥ {TIMES:.0f}×, goal {GOAL:,}",
            None if run.quick else times >= TIMES,
            {"ours": mine_rate, "baseline": plain_rate, "times": times},
        )
    ]


def _side(process: ChildProcess, port: int, whole: list[bytes], count: int) -> Callable[[], Sample]:
    def measure() -> Sample:
        before = cpu_seconds(process.pid)
        wall = send_all(port, whole, CONNECTIONS)
        return Sample(count, wall, cpu_seconds(process.pid) - before)

    return measure


def _ours(run: Run) -> tuple[LocalIngest, str]:
    schema = create_schema(run.engine)
    # One key may not have more requests under way than this, so it must not be what is measured.
    one = LocalIngest(run.folder / "ingest", run.kafka.bootstrap, schema, "bench-")
    key = one.new_key(SYSTEM)
    one.start()
    pin(one.process.pid, cores()[0])
    return one, key


def _theirs(run: Run, key: str) -> tuple[ChildProcess, int]:
    port = free_ports(1)[0]
    module = "tests.bench.baselines.fastapi_ingest"
    options = ["--port", str(port), "--bootstrap", run.kafka.bootstrap, "--topic", "bench-events", "--key", key]
    process = ChildProcess([sys.executable, "-m", module, *options], {}, run.folder / "fastapi.log")
    process.start().wait_ready(lambda: _answers(f"http://127.0.0.1:{port}/ready"))
    pin(process.pid, cores()[0])
    return process, port


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
