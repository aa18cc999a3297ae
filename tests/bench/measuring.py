"""What a line of the table is, and how a process under test is held to one core and its time is read."""

import math
import os
import platform
import statistics
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Sample:
    """One measured run: events (or queries), seconds on the wall, seconds of the process's CPU."""

    count: int
    wall_seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Per second on the wall."""
        return self.count / self.wall_seconds

    @property
    def per_cpu_second(self) -> float:
        """Per second of CPU; 0 when the clock's tick was too coarse."""
        return self.count / self.cpu_seconds if self.cpu_seconds else 0.0


@dataclass(slots=True)
class Line:
    """One line of the table. `reached` None: nothing was promised, or `--quick` measures something smaller."""

    name: str
    unit: str
    ours: float
    baseline: float | None
    reach: str
    reached: bool | None
    detail: dict[str, Any] = field(default_factory=dict)


def medians(samples: Sequence[Sample]) -> dict[str, float]:
    """Median rates of several runs."""
    return {
        "per_second": statistics.median(sample.rate for sample in samples),
        "per_cpu_second": statistics.median(sample.per_cpu_second for sample in samples),
    }


def interleaved(rounds: int, *runs: Callable[[], Sample]) -> list[list[Sample]]:
    """Each of `runs` once per round, in turn, so that a slow minute of the machine falls on all of them."""
    found: list[list[Sample]] = [[] for _ in runs]
    for _ in range(rounds):
        for place, run in enumerate(runs):
            found[place].append(run())
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its threads since it started."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def pin(pid: int, cores: set[int]) -> None:
    """Holds every thread of a process to some cores; threads that it starts later inherit that."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), cores)


@cache
def cores() -> tuple[set[int], set[int]]:
    """(the core of the process under test, the cores of everything else); the same where there is only one.

    Asked once, before this process is moved itself: afterwards the kernel would name only where it was moved to.
    """
    every = sorted(os.sched_getaffinity(0))
    return {every[0]}, set(every[1:]) or {every[0]}


def machine() -> dict[str, str | int]:
    """What the figures were measured on."""
    info = Path("/proc/cpuinfo").read_text()
    model = next((line.partition(":")[2].strip() for line in info.splitlines() if line.startswith("model name")), "?")
    memory_kb = int(Path("/proc/meminfo").read_text().split()[1])
    return {
        "cpu": model,
        "cores": os.cpu_count() or 0,
        "memory_gb": round(memory_kb / 1e6),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "load_before": Path("/proc/loadavg").read_text().split()[0],
    }


def commit() -> str:
    """What is measured; a plus sign when files differ from it."""
    command = ["git", "describe", "--always", "--exclude=*", "--dirty=+"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or "?"


def as_json(line: Line) -> dict[str, Any]:
    """Plain values of a line."""
    return asdict(line)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` percent of `values` do not exceed; 0 when there are none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share / 100) - 1)] if ordered else 0.0
