"""Who may import whom, what pure modules may not ask, and where metrics, names and waits belong."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.sources import REPO, nodes_of, place, python_files

EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "managers", "misc"}
PURE = (
    "services/ingest/validation",
    "services/scoring/engine",
    "services/scoring/records",
    "services/scoring/readings",
    "services/alerts/cases",
    "services/alerts/dead_man",
    "services/alerts/finding",
    "services/alerts/grouping",
    "services/alerts/kinds",
    "services/alerts/machine",
    "services/alerts/past/",
    "services/alerts/policy",
    "services/alerts/retrying",
    "services/alerts/routing",
    "services/alerts/sentence",
    "services/alerts/settling",
    "services/alerts/silences",
    "services/alerts/state",
    "services/alerts/watermark",
    "services/alerts/wording",
    "shared/contracts",
)
CLOCKS = {"now", "today", "utcnow", "time", "monotonic", "perf_counter", "time_ns", "getenv", "environ"}
CLOCK_OWNERS = {"datetime", "date", "time", "os"}
METRICS = {"Counter", "Gauge", "Histogram", "Summary"}
SKIPS = {"skip", "skipif", "xfail", "importorskip"}


def nodes(*packages: str) -> Iterator[tuple[Path, ast.AST]]:
    for file in python_files(*packages):
        for node in nodes_of(file):
            yield file, node


def test_the_import_contracts_hold() -> None:
    linter = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    done = subprocess.run([*linter, "--no-cache"], cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_pure_modules_never_ask_for_the_time_or_the_environment() -> None:
    asked = [
        f"{place(file)}:{node.lineno}"
        for file, node in nodes("services", "shared")
        if place(file).startswith(PURE) and isinstance(node, ast.Attribute) and _asks(node)
    ]
    assert asked == []


def _asks(node: ast.Attribute) -> bool:
    owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
    return node.attr in CLOCKS and owner in CLOCK_OWNERS


def test_the_pure_modules_are_where_this_test_looks_for_them() -> None:
    files = [place(file) for file in python_files("services", "shared")]
    assert [pure for pure in PURE if not any(file.startswith(pure) for file in files)] == []


def test_no_module_is_named_after_nothing() -> None:
    named = [file for file in python_files() if EMPTY_NAMES & {file.stem, *file.relative_to(REPO).parts}]
    assert [place(file) for file in named] == []


def test_metrics_are_made_in_metrics_modules_only() -> None:
    made = {
        place(file)
        for file, node in nodes("services", "shared")
        if isinstance(node, ast.ImportFrom)
        and node.module == "prometheus_client"
        and METRICS & {alias.name for alias in node.names}
    }
    assert {file for file in made if Path(file).name != "metrics.py"} == set()


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    skipped = [
        f"{place(file)}:{node.lineno}"
        for file, node in nodes("tests")
        if isinstance(node, ast.Attribute) and node.attr in SKIPS
    ]
    assert skipped == []


def test_tests_wait_for_conditions_and_never_sleep() -> None:
    sleeping = [
        f"{place(file)}:{node.lineno}"
        for file, node in nodes("tests")
        if isinstance(node, ast.Attribute)
        and node.attr == "sleep"
        and place(file) != "tests/support/waiting.py"
        and not place(file).startswith(("tests/bench/", "tests/chaos/"))
    ]
    assert sleeping == []


def test_a_protocol_is_small_enough_to_have_a_twin() -> None:
    large = {
        f"{place(file)}:{node.name}": methods
        for file, node in nodes("services", "shared")
        if isinstance(node, ast.ClassDef)
        and any(getattr(parent, "id", "") == "Protocol" for parent in node.bases)
        and (methods := sum(isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) for part in node.body)) > 4
    }
    assert large == {}
