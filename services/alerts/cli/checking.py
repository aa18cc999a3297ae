"""`check`: says what a policy file holds, or every problem in it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from services.alerts.policy_files import load_policies
from shared.catalogue import load_catalogue

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add_to(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the `check` command to the command line."""
    parser = commands.add_parser("check", help="validate a policy file")
    parser.add_argument("--policies", type=Path, help="policy file; the shipped defaults when not given")
    parser.set_defaults(run=check)


def check(options: argparse.Namespace) -> int:
    """Exit status 0; raises `StartError` with every problem."""
    file = load_policies(load_catalogue(), options.policies).file
    enabled = sum(policy.enabled for policy in file.rules.values())
    print(f"policies {file.version}: {enabled} of {len(file.rules)} rules enabled, {len(file.overrides)} overrides")
    return 0
