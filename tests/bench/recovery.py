"""How long a killed scoring worker is missed: kill -9 under load, then until no event waits longer than a second."""

import os
import signal
import time

from tests.bench.embedded import DRAIN_SECONDS, Embedded
from tests.bench.measuring import Line, percentile
from tests.bench.run import Run
from tests.support.waiting import wait_until

SHARE = 0.3
REACH_SECONDS = 15.0
FRESH_SECONDS = 1.0
LOAD_SECONDS = 45.0
BEFORE_SECONDS = 4.0
"""The load has run so long before the worker is killed."""


def recovery_line(run: Run, embedded: Embedded, capacity: float) -> Line:
    """Seconds from the kill, the worst of several; the store stays on the disk."""
    found = []
    for number in range(run.size(3, 1)):
        found.append(_kill(embedded, capacity * SHARE))
        run.say(f"  kill {number + 1}: {found[-1]:.1f} s")
    worst = max(found)
    return Line(
        f"scoring worker killed, load {SHARE * capacity:,.0f}/s: oldest event < 1 s again",
        "s",
        worst,
        None,
        f"≤ {REACH_SECONDS:.0f} s",
        None if run.quick else worst <= REACH_SECONDS,
        {"seconds": found, "median": percentile(found, 50)},
    )


def _kill(embedded: Embedded, rate: float) -> float:
    child, began = embedded.start_load(rate, LOAD_SECONDS)
    wait_until(lambda: time.time() > began + BEFORE_SECONDS, deadline_seconds=60, what="a load under way")
    killed = time.time()
    os.kill(embedded.stack.supervisor.state("scoring").pid, signal.SIGKILL)
    # Until one mark of each partition is younger than the kill, the lag is that of what came before it.
    wait_until(
        lambda: embedded.lag(began) < min(FRESH_SECONDS, time.time() - killed),
        deadline_seconds=LOAD_SECONDS - BEFORE_SECONDS,
        what="fresh marks",
    )
    seconds = time.time() - killed
    child.terminate()
    child.communicate()
    embedded.pipeline.wait_scored(DRAIN_SECONDS)
    return seconds
