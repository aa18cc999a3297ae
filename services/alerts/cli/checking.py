"""`check`: says what policies and receivers hold, or every problem in them."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from services.alerts.policy_files import load_policies
from services.alerts.receivers import load_receivers
from services.alerts.settings import AlertsSettings
from shared.catalogue import load_catalogue

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add_to(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the `check` command to the command line."""
    parser = commands.add_parser("check", help="validate a policy file and a receivers file")
    parser.add_argument("--policies", type=Path, help="policy file; that of the settings, or the shipped defaults")
    parser.add_argument("--receivers", type=Path, help="receivers file; that of the settings when not given")
    parser.set_defaults(run=check)


def check(options: argparse.Namespace) -> int:
    """Exit status 0; raises `StartError` with every problem. A name without a receiver is said, and is no problem."""
    settings = AlertsSettings()
    file = load_policies(load_catalogue(), options.policies or settings.policies).file
    enabled = sum(policy.enabled for policy in file.rules.values())
    print(f"policies {file.version}: {enabled} of {len(file.rules)} rules enabled, {len(file.overrides)} overrides")
    path = options.receivers or settings.receivers
    receivers = load_receivers(path, settings.webhook_url, settings.webhook_secret_file)
    print(f"receivers: {', '.join(sorted(receivers.each)) or 'none'}")
    for name in receivers.unknown(file):
        print(f"nobody is told as {name}: the receivers file does not have it")
    return 0
