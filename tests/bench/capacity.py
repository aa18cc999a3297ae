"""Capacity: the highest rate that the whole pipeline holds with a lag below two seconds, found by trying."""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

from tests.bench.embedded import Embedded, Trial
from tests.bench.measuring import Line
from tests.bench.run import Run

LAG_SECONDS = 2.0
SHORT_LAG_SECONDS = 1.5
"""A short trial above the capacity has not had the time to fall behind by much."""
FIRST_RATE = 2_000.0
STEP, BACK = 1.5, 0.9
BISECTIONS = 2
HOLDS = 4
"""Then the machine is too busy for a figure: the line says "not reached", and the others are measured nevertheless."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """Seconds of a trial and of the rate that is held at the end."""

    short: float
    hold: float


def capacity_line(run: Run, embedded: Embedded) -> Line:
    """Events per second; every trial is in the detail."""
    lengths = Lengths(run.size(10, 5), run.size(60, 10))
    trials: list[Trial] = []

    def held(rate: float, seconds: float) -> bool:
        limit = LAG_SECONDS if seconds == lengths.hold else SHORT_LAG_SECONDS
        trial = embedded.load(rate, seconds, 2 * LAG_SECONDS)
        trials.append(trial)
        answered = trial.answers.get("p100", 0.0)
        well = trial.clean and trial.worst_lag + answered < limit
        run.say(f"  {rate:,.0f}/s for {seconds:.0f} s: lag {trial.worst_lag:.1f} s, slowest answer {answered:.2f} s")
        return well

    rate, found = highest(held, lengths)
    detail = {
        "trials": [
            {"rate": one.rate, "seconds": one.seconds, "worst_lag": one.worst_lag, **one.answers} for one in trials
        ]
    }
    name = f"capacity of the whole pipeline, held for {lengths.hold:.0f} s"
    reached = None if run.quick else found
    return Line(name, "events/s", rate, None, f"lag < {LAG_SECONDS:.0f} s", reached, detail)


def highest(held: Callable[[float, float], bool], lengths: Lengths) -> tuple[float, bool]:
    """The highest rate for which `held(rate, seconds)` for the long time, and whether one was found at all."""
    above = FIRST_RATE
    while held(above, lengths.short):
        above *= STEP
    below = above / STEP
    for _ in range(BISECTIONS):
        middle = sqrt(below * above)
        below, above = (middle, above) if held(middle, lengths.short) else (below, middle)
    for _ in range(HOLDS):
        if held(below, lengths.hold):
            return below, True
        below *= BACK
    return below, False
