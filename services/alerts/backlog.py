"""What waits in memory for one receiver: bounded; what finds no place is in the table and is read from there (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.alerts.gravity import GRAVITY
from services.alerts.grouping import Waiting


@dataclass
class Backlog:
    """`held`: by id, in the order of arrival.

    `behind`: the table has more, so that nothing is put behind it before that is read. `graver`: what was left out is
    graver than something that is held. `left_out`: counts, so that a read notices what came while it ran.
    """

    at_most: int
    held: dict[str, Waiting] = field(default_factory=dict)
    behind: bool = False
    graver: bool = False
    left_out: int = 0

    def put(self, arrived: Sequence[Waiting]) -> None:
        """Keeps those that find a place."""
        for one in arrived:
            if one.notification.id in self.held:
                continue
            if self.behind or len(self.held) >= self.at_most:
                self.behind = True
                self.left_out += 1
                self.graver = self.graver or _gravity(one) > min(map(_gravity, self.held.values()), default=0)
            else:
                self.held[one.notification.id] = one

    def wants_reading(self, *, idle: bool) -> bool:
        """Whether the table is read now. `idle`: nothing of what is held may be sent now."""
        return self.behind and (self.graver or (idle and len(self.held) < self.at_most))

    def begin_reading(self) -> int:
        """What `replace` must be given; what is put from now on may be in the answer or not."""
        self.graver = False
        return self.left_out

    def replace(self, found: Sequence[Waiting], began: int) -> None:
        """Holds what the table says, gravest first, and no more; what was held before keeps its attempts."""
        self.held = {one.notification.id: self.held.get(one.notification.id, one) for one in found}
        self.behind = self.left_out > began or len(found) >= self.at_most


def _gravity(one: Waiting) -> int:
    return GRAVITY[one.notification.severity]
