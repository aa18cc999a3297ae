"""`python -m deploy.grafana build | sync | check`: the wallboards into files, and into an existing Grafana."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from deploy.grafana.files import FOLDER, addressed, write
from deploy.grafana.plan import Step
from deploy.grafana.settings import GrafanaSettings
from deploy.grafana.wanted import PARTS

if TYPE_CHECKING:
    from deploy.grafana.sync import Sync

SIGNS = {"keep": "=", "create": "+", "update": "~", "leave": "!"}
NOT_AS_WANTED = 1


def main() -> None:
    """Exits 1 when `check` finds a difference, and with a line for a person when Grafana refuses."""
    arguments = _parser().parse_args()
    try:
        settings = GrafanaSettings()
        sys.exit(_build(arguments.into, settings) if arguments.command == "build" else _sync(arguments, settings))
    except (OSError, ValidationError) as error:
        sys.exit(f"{error}")


def _build(into: Path, settings: GrafanaSettings) -> int:
    # Only here: the environment that pushes has no SDK, and the one that builds has no client (decision 0012).
    from deploy.grafana.build import dashboards  # noqa: PLC0415

    for file in write({uid: addressed(one, str(settings.public_url)) for uid, one in dashboards().items()}, into):
        print(file)
    return 0


def _sync(arguments: argparse.Namespace, settings: GrafanaSettings) -> int:
    from deploy.grafana.client import Grafana, GrafanaError  # noqa: PLC0415 - see above
    from deploy.grafana.sync import Sync  # noqa: PLC0415

    try:
        with Grafana(settings) as grafana:
            parts = tuple(arguments.only or PARTS)
            sync = Sync(grafana, settings, parts, getattr(arguments, "renew_secrets", False))
            return _done(sync, arguments.command, writes=arguments.command == "sync" and not arguments.dry_run)
    except GrafanaError as error:
        sys.exit(f"{error}")


def _done(sync: "Sync", command: str, *, writes: bool) -> int:
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
    return NOT_AS_WANTED if command == "check" and changes else 0


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
