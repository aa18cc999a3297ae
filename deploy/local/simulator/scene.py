"""What every story gets: the world, the way events leave, the books, and the pace."""

from dataclasses import dataclass
from hmac import digest

from deploy.local.simulator.book import Book
from deploy.local.simulator.emitter import Emitter
from deploy.local.simulator.pace import Pace
from deploy.local.simulator.world import World


@dataclass(frozen=True, slots=True)
class Scale:
    """How much happens: `volume` 1 is a full province; hours between two heartbeats and two counts of logins."""

    volume: float = 1.0
    heartbeat_hours: int = 1
    login_hours: int = 2


@dataclass(frozen=True, slots=True)
class Scene:
    """One run. `first` and `last` are its local days; nothing happens from `until` (seconds) on."""

    world: World
    emitter: Emitter
    book: Book
    pace: Pace
    scale: Scale
    seed: int
    first: int
    last: int
    until: int

    def key(self, *number: object) -> str:
        """A key as integrators derive it, of a number that no one holds; its secret is the seed."""
        return digest(self.seed.to_bytes(32), repr(number).encode(), "sha256").hex()
