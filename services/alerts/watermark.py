"""Up to where a look at the tables saw the log, and whether that is far enough (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Watermark:
    """Highest processed offset of a partition of `events` and when its record was received (ISO 8601, UTC)."""

    partition: int
    offset: int
    received: str


def is_behind(seen: Iterable[Watermark], wanted: Mapping[int, int]) -> bool:
    """Whether a snapshot lacks what was announced (partition → offset); a partition without a mark has nothing."""
    reached = {mark.partition: mark.offset for mark in seen}
    return any(reached.get(partition, -1) < offset for partition, offset in wanted.items())


def furthest(wanted: Mapping[int, int], seen: Iterable[Watermark]) -> dict[int, int]:
    """What the next snapshot must have: what was announced and what was seen already, so that none goes back."""
    marks = {mark.partition: mark.offset for mark in seen}
    return {one: max(marks.get(one, -1), wanted.get(one, -1)) for one in marks.keys() | wanted.keys()}
