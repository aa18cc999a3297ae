"""How well each unit works: probabilities drawn once from the seed, so that some units miss their targets all year."""

from dataclasses import dataclass, replace
from random import Random


@dataclass(frozen=True, slots=True)
class Quality:
    """Probabilities, each of one good outcome."""

    files_online: float
    """A filing of a full-online procedure comes in online and goes out online or by post."""
    digitises: float
    electronic: float
    pays_online: float
    satisfies: float
    signs: float
    end_to_end: float
    casefile_online: float
    reports: float
    inspects_online: float


@dataclass(frozen=True, slots=True)
class Grades:
    """The spread of one probability: (share of units that never miss, usual range, weak range)."""

    perfect: float
    usual: tuple[float, float]
    weak: tuple[float, float]


WEAK_SHARE = 0.12
"""About one unit in eight is weak in a given respect."""

FULL = Grades(0.62, (0.985, 0.999), (0.9, 0.97))
"""For targets of 100 %: most units reach them, the rest lacks a little."""

AT_LEAST_80 = Grades(0.0, (0.86, 0.97), (0.55, 0.76))
ABOVE_90 = Grades(0.0, (0.935, 0.985), (0.8, 0.89))
AT_LEAST_70 = Grades(0.05, (0.78, 0.95), (0.45, 0.66))


def draw(grades: Grades, rng: Random) -> float:
    """One unit's probability."""
    roll = rng.random()
    if roll < WEAK_SHARE:
        return rng.uniform(*grades.weak)
    return 1.0 if roll < WEAK_SHARE + grades.perfect else rng.uniform(*grades.usual)


def draw_quality(rng: Random, *, commune: bool) -> Quality:
    """One unit's quality; work files of communes have a lower target, and lower results."""
    return Quality(
        files_online=draw(AT_LEAST_80, rng),
        digitises=draw(FULL, rng),
        electronic=draw(FULL, rng),
        pays_online=draw(FULL, rng),
        satisfies=draw(ABOVE_90, rng),
        signs=draw(FULL, rng),
        end_to_end=draw(FULL, rng),
        casefile_online=draw(AT_LEAST_70 if commune else FULL, rng),
        reports=draw(FULL, rng),
        inspects_online=draw(AT_LEAST_70, rng),
    )


def incident_quality(quality: Quality) -> Quality:
    """The unit of the planted incident stands a little above 80 % before it falls."""
    return replace(quality, files_online=0.92)
