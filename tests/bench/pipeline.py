"""The lines of the whole embedded stack, in the order in which they need each other."""

from tests.bench.capacity import capacity_line
from tests.bench.embedded import Embedded
from tests.bench.latency import latency_lines
from tests.bench.measuring import Line, percentile
from tests.bench.recovery import recovery_line
from tests.bench.run import Run

MEMORY_REACH_MIB = 1536
QUIET_SECONDS = 20.0
"""At rest: the last events are scored, alerts and api have looked once more."""


def pipeline_lines(run: Run) -> list[Line]:
    """Capacity, the two latencies, recovery, memory."""
    embedded = Embedded(run.folder / "stack")
    try:
        fresh = _memory_at_rest(run, embedded)
        run.say("  capacity: trials of rising rates")
        capacity = capacity_line(run, embedded)
        loaded = capacity.ours
        run.say("  latencies at half of it")
        latencies = latency_lines(run, embedded, loaded)
        run.say("  kill -9 of the scoring worker at 30 % of it")
        recovery = recovery_line(run, embedded, loaded)
        after = _memory_at_rest(run, embedded)
    finally:
        embedded.stop()
    run.say("  the last alerts of Prometheus")
    for line, seconds in zip(latencies, run.prometheus.seconds(), strict=True):
        line.baseline = percentile(seconds, 99)
        line.detail["prometheus"] = {"seconds": sorted(seconds), "p50": percentile(seconds, 50)}
    return [capacity, *latencies, recovery, _memory_line(run, fresh, after)]


def _memory_at_rest(run: Run, embedded: Embedded) -> dict[str, int]:
    run.rest(QUIET_SECONDS if not run.quick else 5.0)
    return embedded.memory()


def _memory_line(run: Run, fresh: dict[str, int], after: dict[str, int]) -> Line:
    worst = max(fresh["all"], after["all"])
    return Line(
        "memory of the embedded stack at rest (PSS)",
        "MiB",
        worst,
        None,
        f"≤ {MEMORY_REACH_MIB} MiB",
        None if run.quick else worst <= MEMORY_REACH_MIB,
        {"after_start": fresh, "after_the_loads": after},
    )
