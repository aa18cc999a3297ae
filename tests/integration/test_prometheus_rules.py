"""Prometheus and Alertmanager themselves read what is shipped for them, and every rule fires when it should."""

import subprocess

import pytest
import yaml

from tests.support.alertmanager import BINARIES
from tests.support.processes import REPO

SHIPPED = REPO / "deploy" / "prometheus"
RULES = SHIPPED / "alerts.yaml"
RULE_TESTS = REPO / "tests" / "data" / "prometheus" / "alerts_test.yaml"


@pytest.mark.parametrize(
    "command",
    [
        ["promtool", "check", "config", "--lint-fatal", str(SHIPPED / "prometheus.yaml")],
        ["promtool", "check", "rules", "--lint-fatal", str(RULES)],
        ["promtool", "test", "rules", str(RULE_TESTS)],
        ["amtool", "check-config", str(REPO / "deploy" / "alertmanager" / "alertmanager.yaml")],
    ],
    ids=["configuration", "rules", "tests of the rules", "alertmanager"],
)
def test_what_is_shipped_is_accepted(command: list[str]) -> None:
    tool, *rest = command
    done = subprocess.run([str(BINARIES / tool), *rest], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_rule_is_tested() -> None:
    groups = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    tests = RULE_TESTS.read_text("utf-8")
    assert [rule["alert"] for group in groups for rule in group["rules"] if rule["alert"] not in tests] == []
