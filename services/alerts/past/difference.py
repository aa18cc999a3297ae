"""Two sets of policies side by side: how many would have been told, and who newly or no longer (pure)."""

from collections import Counter
from collections.abc import Iterator, Sequence

from services.alerts.past.messages import Arrived
from services.alerts.past.player import Player
from services.alerts.state import OPEN


def told_units(player: Player) -> Counter[tuple[str, str]]:
    """(rule, unit) → openings that somebody would have been told of."""
    return Counter(
        (one.change.scope.rule, one.change.scope.unit)
        for one in player.told
        if one.change.state.name in OPEN and one.change.kind != "escalated"
    )


def lines(
    names: tuple[str, str], players: tuple[Player, Player], arrived: tuple[Sequence[Arrived], Sequence[Arrived]]
) -> Iterator[str]:
    """The report: totals, per rule, and units newly caught or no longer caught by `names[0]` against `names[1]`."""
    mine, other = (told_units(player) for player in players)
    sizes = [f"{len(sent)} messages ({len(one.told)} changes)" for sent, one in zip(arrived, players, strict=True)]
    yield f"{names[0]} would have sent {sizes[0]} instead of {sizes[1]} by {names[1]}"
    yield ""
    yield f"{'rule':20} {'openings':>9} {'instead of':>11}"
    for rule in sorted({rule for rule, _ in mine | other}):
        counts = (sum(number for (one, _), number in side.items() if one == rule) for side in (mine, other))
        yield "{:20} {:>9} {:>11}".format(rule, *counts)
    for word, more, less in (("newly caught", mine, other), ("no longer caught", other, mine)):
        found = sorted(key for key in more if key not in less)
        yield ""
        yield f"{len(found)} {word}"
        yield from (f"  {rule:20} {unit or '-':14} {more[rule, unit]:>4}" for rule, unit in found)
