"""The world as the evaluator sees it: the kinds of alert over snapshots of the tables."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain

from clickhouse_connect.driver.client import Client

from services.alerts import kinds
from services.alerts.background import with_background
from services.alerts.evaluator import Seen, Senses
from services.alerts.finding import Scope
from services.alerts.look import periods_now, read_cell_known_now, read_events_known_now, read_quality, read_snapshot
from services.alerts.policy import Policies, Policy
from services.alerts.snapshot import Quality
from services.alerts.state import Change
from shared.catalogue import Catalogue

QUALITY_EVERY = timedelta(minutes=5)
"""It reads the receipt of every event: too much for every look, of which there may be four in a second."""


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

    def held_then(scope: Scope, instant: datetime, policy: Policy) -> bool:
        """That a source was silent stays true, whatever is known later."""
        if scope.rule in kinds.CELL_RULES:
            return kinds.held_then(scope, read_cell_known_now(client, scope, instant), policy)
        if scope.rule in kinds.EVENT_RULES:
            return kinds.held_at(scope, read_events_known_now(client, instant, catalogue), policies)
        return True

    def background(changes: Sequence[Change], since: Mapping[int, int]) -> list[Change]:
        return with_background(client, changes, since)

    return Senses(look, held_then, background)
