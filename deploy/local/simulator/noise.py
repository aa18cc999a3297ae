"""Duplicates, late deliveries, corrections and retractions. None of them changes an intention."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from deploy.local.simulator.local_time import DAY_SECONDS
from deploy.local.simulator.mistakes import mistaken
from deploy.local.simulator.outbox import Outbox
from deploy.local.simulator.wire import Sent, recorded_text, same_content_text, text

MOST_DAYS_LATE = 20
NOTICED_WITHIN_DAYS = 0.25
"""A mistake is noticed within hours."""

Fresh = Callable[[], str]
"""Gives an id that is higher than every id before it."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of the intended events; each event has at most one kind of noise."""

    duplicates: float = 0.02
    late: float = 0.03
    corrections: float = 0.01
    retractions: float = 0.005

    @property
    def total(self) -> float:
        """The share of events with any noise; raises ValueError above one half."""
        total = self.duplicates + self.late + self.corrections + self.retractions
        if min(self.duplicates, self.late, self.corrections, self.retractions) < 0 or total > 0.5:
            raise ValueError("noise rates must be >= 0 and together at most 0.5")
        return total


class Noise:
    """Sends an event the way real systems sometimes do."""

    def __init__(self, rates: Rates, outbox: Outbox, window: tuple[int, int], day_seconds: int) -> None:
        """No event's `time` or `recordedtime` leaves `window` [first, last]; `day_seconds`: shorter when live."""
        self._rates = rates
        self._outbox = outbox
        self._first, self._last = window
        self._day = day_seconds

    def send(self, event: Sent, fresh_id: Fresh, correctable: bool, rng: Random) -> None:
        """Called for the share `Rates.total` of the events; a kind that the type does not allow becomes a duplicate."""
        roll = rng.random() * self._rates.total
        if roll < self._rates.late:
            self._late(event, rng)
        elif roll < self._rates.late + self._rates.duplicates or not correctable:
            self._duplicate(event, rng)
        elif roll < self._rates.total - self._rates.retractions:
            self._outbox.noise["correction"] += 1
            right = self._wrong_then_right if rng.random() < 0.8 else self._two_corrections
            right(event, fresh_id, rng)
        else:
            self._outbox.noise["retraction"] += 1
            kinds = (self._never_happened, self._correction_taken_back, self._retraction_taken_back)
            kinds[int(rng.random() * 3)](event, fresh_id, rng)

    def _put(self, event: Sent, delivered: int, wire_text: str) -> None:
        self._outbox.types[event.type] += 1
        self._outbox.put(delivered, event.source, wire_text)

    def _recorded(self, at: int, rng: Random) -> int:
        return min(at + 1 + int(self._day * NOTICED_WITHIN_DAYS * rng.random()), self._last)

    def _late(self, event: Sent, rng: Random) -> None:
        self._outbox.noise["late"] += 1
        delivered = event.at + int(self._day * MOST_DAYS_LATE ** rng.random())
        self._put(event, delivered, recorded_text(event, min(delivered, self._last)))

    def _duplicate(self, event: Sent, rng: Random) -> None:
        self._outbox.noise["duplicate"] += 1
        again = self._recorded(event.at, rng)
        self._put(event, event.at, text(event))
        self._put(event, again, text(event) if rng.random() < 0.5 else same_content_text(event, again))

    def _wrong(self, event: Sent, rng: Random) -> Sent:
        """The event with a mistake: in its data, or in its time when the data has none to make."""
        data = mistaken(event.type, event.data, rng)
        if data != event.data and rng.random() < 0.7:
            return event._replace(data=data)
        earlier = max(event.at - int(DAY_SECONDS * 3 * rng.random()) - 1, self._first)
        return event._replace(data=data, at=earlier)

    def _wrong_then_right(self, event: Sent, fresh_id: Fresh, rng: Random) -> None:
        """One in five corrections overtakes what it corrects."""
        wrong, right = self._wrong(event, rng), event._replace(id=fresh_id())
        recorded = self._recorded(event.at, rng)
        overtakes = rng.random() < 0.2
        self._put(wrong, recorded + 1 if overtakes else event.at, text(wrong))
        self._put(right, recorded, recorded_text(right, recorded, corrects=event.id))

    def _two_corrections(self, event: Sent, fresh_id: Fresh, rng: Random) -> None:
        """Two corrections of one event; the one recorded last is right. Where the times tie, its id is higher."""
        wrong = self._wrong(event, rng)
        first, second = event._replace(id=fresh_id(), data=wrong.data), event._replace(id=fresh_id())
        recorded = self._recorded(event.at, rng)
        later = min(recorded + self._day // 24, self._last)
        self._put(wrong, event.at, text(wrong))
        self._put(second, later, recorded_text(second, later, corrects=event.id))
        self._put(first, later + 1, recorded_text(first, recorded, corrects=event.id))

    def _retract(self, event: Sent, target: str, retraction: str, delivered: int) -> None:
        back = event._replace(id=retraction, type="event.retracted", data=f'{{"id":"{target}"}}')
        self._put(back, delivered, recorded_text(back, min(delivered, self._last)))

    def _never_happened(self, event: Sent, fresh_id: Fresh, rng: Random) -> None:
        """A second event of the kind, sent in error and taken back."""
        error = event._replace(id=fresh_id(), data=mistaken(event.type, event.data, rng))
        self._put(event, event.at, text(event))
        self._put(error, error.at, text(error))
        self._retract(error, error.id, fresh_id(), self._recorded(error.at, rng))

    def _correction_taken_back(self, event: Sent, fresh_id: Fresh, rng: Random) -> None:
        wrong = self._wrong(event, rng)._replace(id=fresh_id())
        recorded = self._recorded(event.at, rng)
        self._put(event, event.at, text(event))
        self._put(wrong, recorded, recorded_text(wrong, recorded, corrects=event.id))
        self._retract(event, wrong.id, fresh_id(), recorded + self._day // 24)

    def _retraction_taken_back(self, event: Sent, fresh_id: Fresh, rng: Random) -> None:
        recorded, back = self._recorded(event.at, rng), fresh_id()
        self._put(event, event.at, text(event))
        self._retract(event, event.id, back, recorded)
        self._retract(event, back, fresh_id(), recorded + self._day // 24)
