"""Prometheus itself reads the shipped rules."""

import subprocess

from tests.support.alertmanager import BINARIES
from tests.support.processes import REPO


def test_promtool_accepts_the_shipped_rules() -> None:
    rules = REPO / "deploy" / "prometheus" / "alerts.yaml"
    command = [str(BINARIES / "promtool"), "check", "rules", "--lint-fatal", str(rules)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
