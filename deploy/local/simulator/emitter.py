"""From a story's intention to deliveries: ids from the seed, the horizon, and the noise of real systems."""

from hashlib import blake2b
from random import Random

from deploy.local.simulator.noise import Noise, Rates
from deploy.local.simulator.outbox import Outbox
from deploy.local.simulator.wire import Sent, text

NEVER_CORRECTED = frozenset({"system.heartbeat"})
"""Heartbeats are kept as bits: neither a correction nor a retraction may name one."""

GOLDEN, MIX, REMIX, MASK = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 2**64 - 1
"""SplitMix64: a roll for each event of a stream; seeding a generator for each stream cost more than its events."""


class Emitter:
    """Sends what a story intends. The same seed and stream give the same ids and contents, also in a longer run.

    `rng` belongs to the story; noise draws from generators of its own, so that rates never change an intention.
    """

    def __init__(self, seed: int, rates: Rates, outbox: Outbox, window: tuple[int, int], day_seconds: int) -> None:
        """`window`: first instant, and the instant from which on nothing happens any more."""
        self.rng = Random(seed)  # noqa: S311 - a simulation, not a secret
        self.outbox = outbox
        self._seed = seed
        self._until = window[1]
        self._noise = Noise(rates, outbox, (window[0], window[1] - 1), day_seconds)
        self._noise_below = int(rates.total * 2**64)
        self._noise_rng = Random(seed)  # noqa: S311
        self._prefix, self._stream, self._number, self._extra = "", 0, 0, 0

    def begin(self, *stream: object) -> Random:
        """Starts a stream of its own (e.g. unit and day), whatever was drawn before; returns the story's generator."""
        digest = blake2b(repr((self._seed, *stream)).encode(), digest_size=26).digest()
        self.rng.seed(int.from_bytes(digest[:8]))
        self._stream = int.from_bytes(digest[8:16])
        name = digest[16:].hex()
        self._prefix = f"{name[:8]}-{name[8:12]}-8{name[12:15]}-8{name[15:18]}-"
        self._number = 0
        return self.rng

    def fresh_id(self) -> str:
        """A UUID (version 8) of this stream: of the event that is sent, then of its corrections and retractions."""
        self._extra += 1
        return f"{self._prefix}{self._number:09x}{self._extra:03x}"

    def send(self, source: str, type_: str, subject: str, at: int, unit: str, data: str) -> bool:
        """False, and nothing sent, when the horizon comes before: then the intention never happened."""
        self._number, self._extra = self._number + 1, 0
        if at >= self._until:
            return False
        event = Sent(source, self.fresh_id(), type_, subject, at, unit, data)
        roll = _scattered(self._stream + self._number * GOLDEN)
        if roll < self._noise_below:
            self._noise_rng.seed(roll)
            self._noise.send(event, self.fresh_id, type_ not in NEVER_CORRECTED, self._noise_rng)
        else:
            self.outbox.types[type_] += 1
            self.outbox.put(at, source, text(event))
        return True


def _scattered(number: int) -> int:
    """64 evenly spread bits of a number."""
    number &= MASK
    number = (number ^ number >> 30) * MIX & MASK
    number = (number ^ number >> 27) * REMIX & MASK
    return number ^ number >> 31
