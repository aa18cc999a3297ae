"""`replay`: runs the past through other policies and prints what would have been different; it writes nothing."""

import argparse
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from tqdm import tqdm

from services.alerts.channels import PeoplesOptions
from services.alerts.past.difference import lines
from services.alerts.past.known import Known
from services.alerts.past.messages import Arrived, messages
from services.alerts.past.play import play
from services.alerts.past.player import Player
from services.alerts.past.rows import read_bounds, read_minutes
from services.alerts.policy import Policies, Policy
from services.alerts.policy_files import load_policies
from services.alerts.routing import receivers_of
from services.alerts.settings import AlertsSettings
from services.alerts.state import Change
from shared.catalogue import Catalogue, load_catalogue
from shared.clickhouse import reader
from shared.errors import StartError
from shared.local_time import LOCAL

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from clickhouse_connect.driver.client import Client

DESCRIPTION = """Runs the ledger and the events of the past, minute by minute as they became known, through one
policy file and another. Covered: figures, sources, systems, lines, security events, reports, late and
conflicting data. Not
covered: what was refused at the door, silences and acknowledgements; every end counts as resolved, none as
withdrawn."""


def add_to(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the `replay` command to the command line."""
    parser = commands.add_parser("replay", help="run the past through other policies", description=DESCRIPTION)
    parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True, help="first local day")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, required=True, help="last local day, included")
    parser.add_argument("--policies", type=Path, required=True, help="the policy file to be tried")
    parser.add_argument("--against", type=Path, help="the one to compare with; the shipped defaults when not given")
    parser.set_defaults(run=replay)


def replay(options: argparse.Namespace) -> int:
    """Exit status 0; raises `StartError` for what is wrong with files or days."""
    if options.last < options.first:
        raise StartError("--to lies before --from")
    catalogue = load_catalogue()
    files = [load_policies(catalogue, path) for path in (options.policies, options.against)]
    for line in compared(reader(AlertsSettings()), catalogue, files, (options.first, options.last)):
        print(line)
    return 0


def compared(
    client: "Client", catalogue: Catalogue, files: list[Policies], days: tuple[date, date], *, quiet: bool = False
) -> list[str]:
    """The report's lines; reads only. The bar on standard error moves with the days of the past."""
    players = [Player(policies, of_unit) for policies in files]
    run(client, catalogue, players, days, quiet=quiet)
    arrived = [sent(player, catalogue) for player in players]
    names = (f"policies {files[0].version}", f"policies {files[1].version}")
    return list(lines(names, (players[0], players[1]), (arrived[0], arrived[1])))


def run(
    client: "Client", catalogue: Catalogue, players: list[Player], days: tuple[date, date], *, quiet: bool = False
) -> None:
    """It begins with the first entry, so that what stood on the first day stands; what was told earlier is left out."""
    since, until = _midnight(days[0]), _midnight(days[1] + timedelta(days=1))
    bounds = read_bounds(client)
    if bounds is None:
        raise StartError("the ledger is empty: there is no past to replay")
    first = min(bounds[0], since).astimezone(UTC).replace(second=0, microsecond=0)
    known = Known(catalogue, min(first.astimezone(LOCAL).date(), days[0]), days[1])
    with tqdm(total=(until - first).days, unit="day", desc="replay", disable=quiet) as bar:
        minutes = read_minutes(client, first, until)
        play(minutes, known, players, until - timedelta(minutes=1), lambda at: _show(bar, (at - first).days))
    for player in players:
        player.told = [one for one in player.told if one.change.at >= since]


def _show(bar: "tqdm[NoReturn]", days: int) -> None:
    bar.update(max(0, days - bar.n))


def sent(player: Player, catalogue: Catalogue) -> list[Arrived]:
    """Messages at the pace that people's receivers have unless they say otherwise."""
    pace = PeoplesOptions().pace
    return messages(player.told, lambda _: pace, player.policies.file, catalogue.working_days)


def of_unit(change: Change, policy: Policy) -> tuple[str, ...]:
    """As a receivers file with a mailbox for each unit would have it: `don-vi` is a receiver per unit."""
    names = receivers_of(change, policy)
    return tuple(f"{name}.{change.scope.unit}" if name == "don-vi" else name for name in names)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=LOCAL).astimezone(UTC)
