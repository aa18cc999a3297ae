"""`python -m deploy.grafana build | sync | check`: the wallboards into files, and into an existing Grafana."""

import argparse
import sys
from pathlib import Path

from pydantic import ValidationError

from deploy.grafana.client import Grafana, GrafanaError
from deploy.grafana.files import FOLDER, addressed, write
from deploy.grafana.plan import Step
from deploy.grafana.settings import GrafanaSettings
from deploy.grafana.sync import PARTS, Sync

SIGNS = {"keep": "=", "create": "+", "update": "~", "leave": "!"}
NOT_AS_WANTED = 1


def main() -> None:
    """Exits 1 when `check` finds a difference, and with a line for a person when Grafana refuses."""
    arguments = _parser().parse_args()
    try:
        settings = GrafanaSettings()
        sys.exit(_build(arguments.into, settings) if arguments.command == "build" else _sync(arguments, settings))
    except (GrafanaError, OSError, ValidationError) as error:
        sys.exit(f"{error}")


def _build(into: Path, settings: GrafanaSettings) -> int:
    # Only here: a machine that pushes the committed files needs no SDK.
    from deploy.grafana.build import dashboards  # noqa: PLC0415

    for file in write({uid: addressed(one, str(settings.public_url)) for uid, one in dashboards().items()}, into):
        print(file)
    return 0


def _sync(arguments: argparse.Namespace, settings: GrafanaSettings) -> int:
    writes = arguments.command == "sync" and not arguments.dry_run
    with Grafana(settings) as grafana:
        sync = Sync(grafana, settings, tuple(arguments.only or PARTS), getattr(arguments, "renew_secrets", False))
        steps = []
        for step in sync.steps():
            _show(step)
            steps.append(step)
            if writes:
                sync.apply(step)
        file = sync.token_wanted()
        if writes and file is not None:
            sync.write_token(file)
            print(f"+ token for annotations: {file}")
    changes = sum(step.request is not None for step in steps)
    print(f"{len(steps)} things, {changes} {'changed' if writes else 'to change'}")
    return NOT_AS_WANTED if arguments.command == "check" and changes else 0


def _show(step: Step) -> None:
    print(f"{SIGNS[step.action]} {step.thing}")
    for line in step.differences:
        print(f"    {line}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.grafana", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="write the dashboards as JSON")
    build.add_argument("--into", type=Path, default=FOLDER, help="folder (the committed one)")
    sync = commands.add_parser("sync", help="bring the Grafana of CHITIEU_GRAFANA_URL to what is wanted")
    sync.add_argument("--dry-run", action="store_true", help="print the difference, change nothing")
    sync.add_argument("--renew-secrets", action="store_true", help="send the data source's password again")
    check = commands.add_parser("check", help="exit 1 when something is not as wanted")
    for command in (sync, check):
        command.add_argument("--only", action="append", choices=PARTS, help="a part; several times for several")
    return parser


if __name__ == "__main__":
    main()
