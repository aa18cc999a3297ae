"""The page of the alerts' life cycle names a test for each trap, and the test is there."""

import ast
import re

from tests.architecture.sources import REPO, tree_of

PAGE = REPO / "docs" / "alert-life-cycle.md"
ROW = re.compile(r"^\| (?P<who>[^|]+) \| [^|]+ \| `(?P<file>tests/[^:`]+)::(?P<test>[^`]+)` \|$", re.MULTILINE)
TRAPS = [
    "openmeter#5118", "sentry#50067", "posthog#91700", "snuba#7811", "Grafana", "kibana#239852", "keep#2292",
    "grafana#74212", "Grafana", "pyrra#1925", "prometheus#17008", "GDS",
]  # fmt: skip
"""Of the design, those that concern alerts."""


def rows() -> list[tuple[str, str, str]]:
    return [(one["who"], one["file"], one["test"]) for one in ROW.finditer(PAGE.read_text())]


def test_every_trap_that_concerns_alerts_is_on_the_page() -> None:
    assert [who for who, _, _ in rows()] == TRAPS


def test_every_named_test_is_there_and_has_the_trap_in_its_name() -> None:
    for who, file, test in rows():
        defined = {
            node.name for node in tree_of(REPO / file).body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        assert test in defined, f"{file} has no {test}"
        assert who.lower().replace("#", "_") in test
