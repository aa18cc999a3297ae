"""`python -m services.alerts` starts the service; `check` validates a policy file."""

import argparse
import asyncio
import sys
from pathlib import Path

import yaml
from pydantic import ValidationError

from services.alerts.app import serve
from services.alerts.policy import load_policies
from services.alerts.settings import AlertsSettings
from shared.errors import FencedError, StartError
from shared.logs import configure_logs


def main(arguments: list[str]) -> int:
    """Exit code 0 after a clean stop, 1 with one line on stderr otherwise."""
    parser = argparse.ArgumentParser(prog="python -m services.alerts", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["serve", "check"], default="serve")
    parser.add_argument("--policies", type=Path, help="policy file; the shipped defaults when not given")
    options = parser.parse_args(arguments)
    try:
        return check(options.policies) if options.command == "check" else start()
    except (StartError, FencedError) as error:
        print(f"alerts: {error}", file=sys.stderr)
        return 1


def check(path: Path | None) -> int:
    """Say what the policy file holds, or every problem in it."""
    try:
        policies = load_policies(path)
    except (ValidationError, yaml.YAMLError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"policies {policies.version}: default and {len(policies.file.indicators)} indicators")
    return 0


def start() -> int:
    """Serve until SIGTERM."""
    settings = AlertsSettings()
    configure_logs("alerts", settings.log_level)
    asyncio.run(serve(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
