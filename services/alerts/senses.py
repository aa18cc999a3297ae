"""The world as the evaluator sees it: the kinds of alert over snapshots of the tables."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Generic, TypeVar

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from services.alerts import hindsight, kinds
from services.alerts.background import with_background
from services.alerts.evaluator import Seen, Senses
from services.alerts.look import read_beside, read_quality, read_snapshot
from services.alerts.metrics import BACKGROUND_FAILED
from services.alerts.periods import periods_now
from services.alerts.policy import Policies
from services.alerts.settling import Question
from services.alerts.state import Change
from shared.catalogue import Catalogue
from shared.logs import get_logger

QUALITY_EVERY = timedelta(minutes=5)
"""It reads the receipt of every event: too much for every look, of which there may be two in a second."""

BESIDE_EVERY = timedelta(seconds=2)
"""What single events and sources say costs half of what the cells do; a look without it is followed by one with it."""

log = get_logger(__name__)

T = TypeVar("T")


class Lately(Generic[T]):
    """A reading that may be so old; the clock may be set back."""

    def __init__(self, read: Callable[[datetime], T], at_most: timedelta) -> None:
        self._read = read
        self._at_most = at_most
        self._last: tuple[datetime, T] | None = None

    def is_fresh(self, now: datetime) -> bool:
        """Whether it need not be read anew."""
        return self._last is not None and timedelta(0) <= now - self._last[0] < self._at_most

    def at(self, now: datetime) -> T:
        """Reads when it must."""
        if self._last is None or not self.is_fresh(now):
            self._last = now, self._read(now)
        return self._last[1]


def board_senses(client: Client, policies: Policies, catalogue: Catalogue) -> Senses:
    """What the tables show; every call blocks. The cells are read at every look, what moves slowly now and then."""
    quality = Lately(lambda now: read_quality(client, now, catalogue), QUALITY_EVERY)
    beside = Lately(lambda now: read_beside(client, now, catalogue), BESIDE_EVERY)

    def look(now: datetime) -> Seen:
        """The first snapshot is the oldest, so its watermark holds for all that is read."""
        week, is_whole = quality.at(now), not beside.is_fresh(now)

        def others() -> Mapping[str, Any]:
            return {"quality": week, **beside.at(now)}

        snapshots = [read_snapshot(client, period, now, catalogue, others) for period in periods_now(now)]
        findings = chain.from_iterable(kinds.findings(one, policies) for one in snapshots)
        return Seen(snapshots[0].watermark, list(findings), None if is_whole else BESIDE_EVERY)

    def held_then(asked: Sequence[Question]) -> dict[str, bool]:
        return hindsight.held_then(client, asked, policies, catalogue)

    def background(changes: Sequence[Change], since: Mapping[int, int]) -> Sequence[Change]:
        """An alert without its background is told all the same."""
        try:
            return with_background(client, changes, since)
        except DatabaseError as error:
            BACKGROUND_FAILED.inc(len(changes))
            log.warning("background_failed", changes=len(changes), detail=str(error)[:300])
            return changes

    return Senses(look, held_then, background)
