"""The past once through: minutes in order, each to what was known and then to every set of policies (pure)."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from services.alerts.past.known import Known, Minute
from services.alerts.past.player import Player
from shared.local_time import LOCAL

MINUTE = timedelta(minutes=1)


def play(
    minutes: Iterable[Minute],
    known: Known,
    players: Sequence[Player],
    until: datetime,
    seen: Callable[[datetime], None] = lambda _: None,
) -> None:
    """Every minute in which something became known, and every moment at which time alone moves something.

    `seen` is called with each moment, for a progress bar.
    """
    at = None
    for minute in minutes:
        if minute.at > until:
            break
        if at is not None:
            _between(at, minute.at, known, players)
        known.hear(minute)
        at = minute.at
        _look(at, known, players)
        seen(at)
    if at is not None:
        _between(at, until, known, players)
        _look(until, known, players)
        seen(until)


def _look(now: datetime, known: Known, players: Sequence[Player]) -> None:
    snapshots = known.moved(now)
    for player in players:
        player.see(snapshots, now)


def _between(after: datetime, before: datetime, known: Known, players: Sequence[Player]) -> None:
    """Moments without news: local midnights, sources and systems that fall silent, holds and steps."""
    while (now := min(_next(after, known, players), before)) < before:
        _look(now, known, players)
        after = now


def _next(after: datetime, known: Known, players: Sequence[Player]) -> datetime:
    local = after.astimezone(LOCAL)
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    moments = [midnight, *(moment + MINUTE for moment in known.next_silences())]
    moments += [due for player in players if (due := player.next_due())]
    return max(min(moments), after + MINUTE)
