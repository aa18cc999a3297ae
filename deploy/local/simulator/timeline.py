"""From dated states to intervals of days: the state at 24:00 of a day is the last one before it."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from deploy.local.simulator.local_time import day_of

State = TypeVar("State")


def by_day(changes: Iterable[tuple[int, State]]) -> list[tuple[int, State]]:
    """(instant, state) → (day, state at that day's 24:00), in order of time, one entry per day with a change."""
    last: dict[int, State] = {}
    for at, state in sorted(changes, key=lambda change: change[0]):
        last[day_of(at)] = state
    return sorted(last.items(), key=lambda entry: entry[0])


def intervals(states: Sequence[tuple[int, State]]) -> list[tuple[tuple[int, int | None], State]]:
    """(day, state) → ((first day, day after the last or None), state)."""
    ends = [day for day, _ in states[1:]]
    return [((day, end), state) for (day, state), end in zip(states, [*ends, None], strict=False)]
