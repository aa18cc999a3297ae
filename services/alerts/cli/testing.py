"""`test`: recorded cases through a policy file; says per case ok, or expected and got."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from services.alerts.cases import CaseError, difference, outcome, read_case
from services.alerts.policy_files import load_policies
from shared.catalogue import load_catalogue
from shared.errors import StartError

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add_to(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the `test` command to the command line."""
    parser = commands.add_parser("test", help="run recorded cases through a policy file")
    parser.add_argument("--policies", type=Path, help="policy file; the shipped defaults when not given")
    parser.add_argument("cases", type=Path, nargs="+", metavar="CASES.yaml")
    parser.set_defaults(run=test)


def test(options: argparse.Namespace) -> int:
    """Exit status 1 when a case differs; raises `StartError` with file and line of a malformed case."""
    catalogue = load_catalogue()
    policies, failed = load_policies(catalogue, options.policies), 0
    for file in options.cases:
        for line, raw in numbered_cases(file):
            try:
                case = read_case(raw, line)
                lines = difference(case, outcome(case, policies, catalogue))
            except CaseError as error:
                raise StartError(f"{file.name}:{line}: {error}") from error
            print(f"{'FAILED' if lines else 'ok':6} {file.name}:{line} {case.name}")
            failed += bool(lines)
            for one in lines:
                print(f"       {one}")
    return 1 if failed else 0


def numbered_cases(file: Path) -> list[tuple[int, dict[str, Any]]]:
    """Each case of the file's list with the line it begins on."""
    try:
        node = yaml.compose(file.read_text("utf-8"), yaml.SafeLoader)
        raw = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise StartError(f"{file.name}: {' '.join(str(error).split())}") from error
    if not isinstance(node, yaml.SequenceNode) or not all(isinstance(one, dict) for one in raw):
        raise StartError(f"{file.name}:1: a file of cases is a list of them")
    return [(one.start_mark.line + 1, case) for one, case in zip(node.value, raw, strict=True)]
