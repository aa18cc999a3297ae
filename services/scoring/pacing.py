"""When a lane takes its next block: late enough to be worth its cost, early enough to be seen at once (pure).

Moments are seconds of a monotonic clock.
"""

from dataclasses import dataclass

REST_PER_WRITE = 2.0
"""A lane rests twice as long as its last write took. An insert into both tables costs the engine some 50 ms of CPU
however few rows it has: one that is busy gets fewer and larger blocks.
"""

LONGEST_REST_SECONDS = 1.0
"""After a write that waited for an engine which was away, what has gathered is not kept waiting."""


@dataclass
class Pacing:
    """Of one lane. `linger_seconds`: how long the oldest record that waits may wait for others."""

    linger_seconds: float
    oldest_at: float = 0.0
    rested_at: float = 0.0

    def wrote(self, began: float, ended: float) -> None:
        """A block was written."""
        self.rested_at = ended + min(REST_PER_WRITE * (ended - began), LONGEST_REST_SECONDS)

    def ripe_at(self) -> float:
        """When what waits becomes a block, unless another lane's does before; one that is full waits for nothing."""
        return max(self.oldest_at + self.linger_seconds, self.rested_at)
