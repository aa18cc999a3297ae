"""`python -m tests.bench.alert_year`: a simulated year through the default policies, without any server;
prints figures.

Targets (ISA-18.2): the province desk at most 6 messages an hour on average and 10 in any 10 minutes, a commune
at most 2 a
week, every planted incident caught, at most 10 % closed by themselves within 15 minutes.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from deploy.local.simulator.run import Options
from deploy.local.simulator.scene import Scale
from services.alerts.channels import PeoplesOptions
from services.alerts.cli.replay import of_unit
from services.alerts.grouping import Pace
from services.alerts.past.known import LOCAL, Known
from services.alerts.past.messages import Arrived, messages
from services.alerts.past.play import play
from services.alerts.past.player import Player
from services.alerts.policy_files import load_policies
from services.alerts.state import OPEN
from shared.catalogue import Catalogue, load_catalogue
from tests.support.alert_year import Incident, Planted, minutes_of, simulated_incidents, with_hourly_beats

DESK = "ban-dieu-hanh"
CALM_DESK = Pace("rule", timedelta(minutes=10), 6)
CALM_UNIT = Pace("unit", timedelta(minutes=10), 20)
SHORT = timedelta(minutes=15)
TEN_MINUTES = timedelta(minutes=10)


def calm(receiver: str) -> Pace:
    """The paces that docs/alert-defaults.md recommends."""
    return CALM_DESK if receiver == DESK else CALM_UNIT if receiver.startswith("don-vi.") else PeoplesOptions().pace


def played(options: Options, planted: Planted, catalogue: Catalogue, policies: Path | None) -> Player:
    """The policies over the whole run."""
    player = Player(load_policies(catalogue, policies), of_unit)
    until = datetime(options.last.year, options.last.month, options.last.day, 23, 59, tzinfo=LOCAL)
    play(minutes_of(options, planted, catalogue), Known(catalogue, options.first, options.last), [player], until)
    return player


def figures(player: Player, arrived: list[Arrived], options: Options) -> Iterator[str]:
    """Lines of the desk, of communes, and of what closed by itself."""
    days = (options.last - options.first).days + 1
    desk = [one.at for one in arrived if one.receiver == DESK]
    most = max((sum(timedelta() <= other - at < TEN_MINUTES for other in desk) for at in desk), default=0)
    yield f"desk: {len(desk)} messages, {len(desk) / days / 24:.2f} an hour, at most {most} in 10 minutes"
    weeks = Counter((one.receiver, one.at.isocalendar()[:2]) for one in arrived if is_commune(one.receiver))
    communes = len({receiver for receiver, _ in weeks}) or 1
    over = sum(number > 2 for number in weeks.values())
    yield f"communes: {weeks.total() / communes / days * 7:.2f} a week each, {over} weeks of a commune above 2"
    opened, short = closed_shortly(player)
    yield f"closed by themselves within 15 minutes: {short} of {opened}"


def is_commune(receiver: str) -> bool:
    """Whether it is the mailbox of a commune or ward."""
    return receiver.startswith(("don-vi.xa-", "don-vi.ph-"))


def closed_shortly(player: Player) -> tuple[int, int]:
    """(openings told, of them closed within 15 minutes)."""
    opened, since, short = 0, dict[str, datetime](), 0
    for change in (one.change for one in player.told if one.change.kind != "escalated"):
        key = change.scope.alert_id
        if change.state.name in OPEN:
            opened, since[key] = opened + 1, change.at
        elif key in since:
            short += change.at - since.pop(key) <= SHORT
    return opened, short


def caught(player: Player, incident: Incident, first: date) -> bool:
    """Whether somebody was told of it in its time."""
    begin = datetime(first.year, first.month, first.day, tzinfo=LOCAL)
    since, until = (begin + timedelta(days=day) for day in (incident.first, incident.last + 1))
    return any(
        one.change.scope.rule.startswith(incident.rule)
        and one.change.scope.thing.startswith(incident.thing)
        and one.change.state.name in OPEN
        and since <= one.change.at < until
        for one in player.told
    )


def main() -> None:
    """Prints the figures of one run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.alert_year", description=__doc__)
    parser.add_argument("--from", dest="first", type=date.fromisoformat, default=date(2026, 1, 1))
    parser.add_argument("--to", dest="last", type=date.fromisoformat, default=date(2026, 12, 31))
    parser.add_argument("--scale", type=float, default=0.25)
    parser.add_argument("--policies", type=Path)
    given = parser.parse_args()
    options = Options(given.first, given.last, scale=Scale(given.scale, heartbeat_hours=1))
    third = (given.last - given.first).days // 4
    planted = Planted(paper=(2 * third, 2 * third + 21), silent=(third, third + 8), wrong=third // 2)
    catalogue = with_hourly_beats(load_catalogue())
    player = played(options, planted, catalogue, given.policies)
    for name, pace in (("people's defaults", lambda _: PeoplesOptions().pace), ("recommended paces", calm)):
        print(f"-- {name}")
        arrived = messages(player.told, pace, player.policies.file, catalogue.working_days)
        print("\n".join(figures(player, arrived, options)))
    for incident in [*planted.incidents(), *simulated_incidents(options)]:
        print(f"{'caught' if caught(player, incident, options.first) else 'MISSED':8} {incident.name}")


if __name__ == "__main__":
    main()
