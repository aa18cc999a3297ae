"""`python -m tests.bench.alert_year`: a simulated year through the default policies and through naive ones.

Needs no server; prints the tables of docs/alert-defaults.md. Targets (ISA-18.2): the province desk at most 6 messages
an hour on average and 10 in any 10 minutes, a commune at most 2 a week, every planted incident caught, at most 10 %
closed by themselves within 15 minutes.
"""

import argparse
import gc
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from time import process_time

from tqdm import tqdm

from services.alerts.past.known import Minute
from services.alerts.past.player import Player
from services.alerts.policy_files import load_policies
from shared.catalogue import Catalogue
from shared.local_time import LOCAL
from tests.support.alert_figures import calm, every_change, figures, naive, openings, peoples, played
from tests.support.alert_incidents import Planted
from tests.support.alert_year import Year, every_nth, kept, minutes_of

COLUMNS = (("naive", 1, every_change), ("defaults, ungrouped", 0, peoples), ("defaults, as recommended", 0, calm))
"""Name, which player, and at which pace."""


def year_of(first: date, last: date, nth: int, seed: int) -> Year:
    """Its incidents lie in the first, second and last third."""
    third = (last - first).days // 3
    planted = Planted(paper=(2 * third, 2 * third + 21), silent=(third, third + 8), wrong=third // 2)
    return Year(first, last, planted, every_nth(nth, first, planted), seed=seed)


def tables(players: Sequence[Player], year: Year, catalogue: Catalogue) -> Iterator[str]:
    """Markdown: messages at each pace, then openings by rule before and after."""
    columns = [list(figures(players[which], year, pace, catalogue).rows()) for _, which, pace in COLUMNS]
    yield f"| | {' | '.join(name for name, *_ in COLUMNS)} |"
    yield "|---" * (len(COLUMNS) + 1) + "|"
    for lines in zip(*columns, strict=True):
        yield f"| {lines[0][0]} | {' | '.join(value for _, value in lines)} |"
    yield ""
    yield "| openings told | naive | defaults |"
    yield "|---|---|---|"
    after, before = (openings(player) for player in players)
    for rule in sorted(before | after):
        yield f"| `{rule}` | {before[rule]} | {after[rule]} |"


def incidents(player: Player, year: Year) -> Iterator[str]:
    """Markdown: what was planted, when it began, and when and by which rule somebody was told."""
    yield "\n| planted | begins | told | by |"
    yield "|---|---|---|---|"
    for one in year.incidents():
        begins = year.begin + timedelta(days=one.first)
        told = one.told(player.told, year.begin) or one.stands(player.told, year.begin)
        when = f"{told.change.at.astimezone(LOCAL):%d/%m %H:%M}" if told else "**missed**"
        rule = f"`{told.change.scope.rule}`" if told else ""
        yield f"| {one.name} | {begins.astimezone(LOCAL):%d/%m} | {when} | {rule} |"


def crowded(player: Player, year: Year, catalogue: Catalogue) -> Iterator[str]:
    """What stood in the fullest weeks of communes, for whoever mends the policies."""
    for (receiver, week), sent in figures(player, year, calm, catalogue).crowded:
        yield f"{receiver} {week}"
        for one in sent:
            told = ", ".join(f"{each.alert_id} {each.state}" for each in one.notifications)
            yield f"    {one.at:%Y-%m-%d %H:%M} {told}"


def counted(minutes: Iterable[Minute], year: Year) -> Iterator[Minute]:
    """With a bar that moves with the days."""
    with tqdm(total=(year.last - year.first).days + 1, unit="day", desc="year") as bar:
        for minute in minutes:
            bar.update(max(0, (minute.at - year.begin).days - bar.n))
            yield minute


def main() -> None:
    """Prints the figures of one run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.alert_year", description=__doc__)
    parser.add_argument("--from", dest="first", type=date.fromisoformat, default=date(2026, 1, 1))
    parser.add_argument("--to", dest="last", type=date.fromisoformat, default=date(2026, 12, 31))
    parser.add_argument("--seed", type=int, default=155, help="another province of the simulator")
    parser.add_argument("--every", type=int, default=4, help="one commune of so many works, and all units above")
    parser.add_argument("--policies", type=Path, help="the defaults when not given")
    parser.add_argument("--keep", type=Path, help="file of the run's minutes, so that it is generated only once")
    parser.add_argument("--crowded", action="store_true", help="show the weeks of communes with more than two messages")
    given = parser.parse_args()
    # Millions of records form no cycles; looking for some among them takes a third of the time.
    gc.disable()
    year = year_of(given.first, given.last, given.every, given.seed)
    catalogue = year.catalogue()
    policies = load_policies(catalogue, given.policies)
    minutes = kept(given.keep, lambda: minutes_of(year, catalogue)) if given.keep else minutes_of(year, catalogue)
    players = played(year, counted(minutes, year), [policies, naive(policies, catalogue)], catalogue)
    print(f"{len(year.communes)} communes, {year.first} to {year.last}, {process_time():.0f} s CPU\n")
    print("\n".join(tables(players, year, catalogue)))
    print("\n".join(incidents(players[0], year)))
    if given.crowded:
        print("\n".join(crowded(players[0], year, catalogue)))


if __name__ == "__main__":
    main()
