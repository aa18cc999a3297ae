"""`python -m services.ingest`: serve; `keys` and `send` are commands for people."""

import argparse
import sys
from collections.abc import Sequence

from services.ingest.app import serve
from services.ingest.cli import keys, send
from services.ingest.settings import IngestSettings
from shared.errors import RetryableError, StartError


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 for success; 1 with one line on standard error when something that is needed is missing."""
    parser = argparse.ArgumentParser(prog="python -m services.ingest", description=__doc__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("serve", help="take events over HTTP (the default)")
    keys.add_to(commands)
    send.add_to(commands)
    parsed = parser.parse_args(arguments)
    try:
        if parsed.command in (None, "serve"):
            serve(IngestSettings())
            return 0
        status: int = parsed.run(parsed)
    except (StartError, RetryableError) as error:
        print(f"ingest: {error}", file=sys.stderr)
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
