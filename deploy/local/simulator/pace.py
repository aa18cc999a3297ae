"""How long the steps of a story take: in office hours of working days, or compressed into seconds for a live show."""

from bisect import bisect_left
from collections.abc import Sequence
from random import Random
from typing import Protocol

from deploy.local.simulator.local_time import DAY_SECONDS, day_of, midnight

OFFICE_PARTS = ((27_000, 41_400), (48_600, 61_200))
"""07:30–11:30 and 13:30–17:00 in seconds of the local day."""

MORNING_SECONDS = OFFICE_PARTS[0][1] - OFFICE_PARTS[0][0]
OFFICE_SECONDS = MORNING_SECONDS + OFFICE_PARTS[1][1] - OFFICE_PARTS[1][0]


class Pace(Protocol):
    """Gives the instant of a story's next step; always after the step before."""

    def soon(self, at: int, rng: Random) -> int:
        """Minutes later."""

    def in_days(self, at: int, least: int, most: int, rng: Random) -> int:
        """In office hours, that many working days later (0: the same day where it is still possible)."""

    def any_time(self, at: int, least: int, most: int, rng: Random) -> int:
        """Some days later at any hour, as citizens act: also between midnight and the office's morning."""


def office_second(rng: Random) -> int:
    """A second of the local day within office hours."""
    second = int(rng.random() * OFFICE_SECONDS)
    if second < MORNING_SECONDS:
        return OFFICE_PARTS[0][0] + second
    return OFFICE_PARTS[1][0] + second - MORNING_SECONDS


class OfficePace:
    """Steps happen in office hours of working days."""

    def __init__(self, working_days: Sequence[int]) -> None:
        """`working_days` in ascending order; they must reach past the last step."""
        self._days = working_days

    def soon(self, at: int, rng: Random) -> int:
        return at + 60 + int(rng.random() * 1740)

    def in_days(self, at: int, least: int, most: int, rng: Random) -> int:
        first = bisect_left(self._days, day_of(at))
        index = min(first + least + int(rng.random() * (most - least + 1)), len(self._days) - 1)
        moment = midnight(self._days[index]) + office_second(rng)
        return moment if moment > at else at + 60 + int(rng.random() * 1740)

    def any_time(self, at: int, least: int, most: int, rng: Random) -> int:
        day = day_of(at) + 1 + least + int(rng.random() * (most - least + 1))
        return midnight(day) + int(rng.random() * DAY_SECONDS)


class LivePace:
    """A day passes in seconds: a filing's whole life is seen within a minute."""

    def soon(self, at: int, rng: Random) -> int:
        return at + 1 + int(rng.random() * 3)

    def in_days(self, at: int, least: int, most: int, rng: Random) -> int:
        return at + 2 + int(rng.random() * (4 + 2 * (least + most)))

    def any_time(self, at: int, least: int, most: int, rng: Random) -> int:
        return self.in_days(at, least, most, rng)
