"""`python -m services.scoring` runs the worker; a subcommand does something else with the same projection."""

import argparse
import asyncio
import os
import sys
from typing import NoReturn

from aiokafka.errors import KafkaError
from clickhouse_connect.driver.exceptions import ClickHouseError

from services.scoring.app import serve
from services.scoring.cli import auditing, rebuilding, replaying
from services.scoring.facts import Facts
from services.scoring.settings import ScoringSettings
from shared.catalogue import load_catalogue
from shared.errors import ChitieuError
from shared.logs import configure_logs, get_logger

EXIT_FAILED = 1


def main() -> None:
    """Exit status 0 after SIGTERM; 1 with the reason as the last line when the worker cannot go on."""
    parser = argparse.ArgumentParser(prog="python -m services.scoring", description=__doc__)
    commands = parser.add_subparsers(dest="name", metavar="command")
    commands.add_parser("run", help="score the events of the log until SIGTERM (the default)")
    for one in (auditing, rebuilding, replaying):
        one.add_to(commands)
    arguments = parser.parse_args()
    if "command" in arguments:
        carry_out(ScoringSettings(), arguments)
    run(ScoringSettings())


def run(settings: ScoringSettings) -> NoReturn:
    """Never returns. A worker that lost a partition leaves at once: what it still holds is stale."""
    configure_logs("scoring", settings.log_level)
    try:
        asyncio.run(serve(settings, Facts.from_catalogue(load_catalogue()), leave))
    except (ChitieuError, ClickHouseError, KafkaError, OSError) as error:
        leave(f"{type(error).__name__}: {error}".partition("\n")[0])
    leave("")


def carry_out(settings: ScoringSettings, arguments: argparse.Namespace) -> NoReturn:
    """Never returns: the exit status is the command's, or 1 with one line on standard error."""
    configure_logs("scoring", "warning")
    try:
        status = asyncio.run(arguments.command(settings, arguments))
    except (ChitieuError, ClickHouseError, KafkaError, OSError) as error:
        sys.exit(f"{arguments.name}: {error}".partition("\n")[0])
    except KeyboardInterrupt:
        sys.exit(f"{arguments.name}: interrupted")
    sys.exit(status)


def leave(reason: str) -> NoReturn:
    """Ends the process at once; a reason becomes its last line. What it still holds is in the log and the tables."""
    if reason:
        get_logger(__name__).error("exit", reason=reason)
    sys.stdout.flush()
    os._exit(EXIT_FAILED if reason else 0)


main()
