"""`python -m services.alerts`: serve; the other commands are for people."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from services.alerts import send_test
from services.alerts.app import installed, serve
from services.alerts.cli import checking, deadman, replay, testing
from services.alerts.senses import board_senses
from services.alerts.settings import AlertsSettings
from shared.errors import FencedError, StartError
from shared.logs import configure_logs


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 after a clean stop, 1 with one line on standard error otherwise."""
    parser = argparse.ArgumentParser(prog="python -m services.alerts", description=__doc__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("serve", help="evaluate and deliver (the default)")
    for one in (checking, deadman, replay, testing):
        one.add_to(commands)
    sending = commands.add_parser("send-test", add_help=False, help="send one marked message to one receiver")
    sending.add_argument("rest", nargs=argparse.REMAINDER)
    sending.set_defaults(run=lambda options: send_test.main(options.rest))
    parsed = parser.parse_args(arguments)
    try:
        if parsed.command not in (None, "serve"):
            status: int = parsed.run(parsed)
            return status
        start()
    except (StartError, FencedError) as error:
        print(f"alerts: {error}", file=sys.stderr)
        return 1
    return 0


def start() -> None:
    """Serve until SIGTERM."""
    settings = AlertsSettings()
    configure_logs("alerts", settings.log_level)
    asyncio.run(serve(installed(settings, board_senses)))


if __name__ == "__main__":
    sys.exit(main())
