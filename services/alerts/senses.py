"""The world as the evaluator sees it: the kinds of alert over snapshots of the tables."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from services.alerts import hindsight, kinds
from services.alerts.background import with_background
from services.alerts.evaluator import Seen, Senses
from services.alerts.look import read_quality, read_snapshot
from services.alerts.metrics import BACKGROUND_FAILED
from services.alerts.periods import periods_now
from services.alerts.policy import Policies
from services.alerts.settling import Question
from services.alerts.snapshot import Quality
from services.alerts.state import Change
from shared.catalogue import Catalogue
from shared.logs import get_logger

QUALITY_EVERY = timedelta(minutes=5)
"""It reads the receipt of every event: too much for every look, of which there may be four in a second."""


log = get_logger(__name__)


def board_senses(client: Client, policies: Policies, catalogue: Catalogue) -> Senses:
    """What the tables show; every call reads anew and blocks."""

    lately: list[tuple[datetime, tuple[Quality, ...]]] = []

    def quality(now: datetime) -> tuple[Quality, ...]:
        """As it was read last: a figure of a week may be minutes old, but must be in every look."""
        if not lately or not timedelta(0) <= now - lately[0][0] < QUALITY_EVERY:
            lately[:] = [(now, read_quality(client, now, catalogue))]
        return lately[0][1]

    def look(now: datetime) -> Seen:
        """The first snapshot is the oldest, so its watermark holds for all."""
        week = quality(now)
        snapshots = [read_snapshot(client, period, now, catalogue, week) for period in periods_now(now)]
        findings = chain.from_iterable(kinds.findings(one, policies) for one in snapshots)
        return Seen(snapshots[0].watermark, list(findings))

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
