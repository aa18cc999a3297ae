"""The shipped Prometheus rules ask only for metrics that the alerts service has."""

import re
from pathlib import Path

import yaml
from prometheus_client import REGISTRY

import services.alerts.metrics  # noqa: F401 - registers them

RULES = Path(__file__).resolve().parents[2] / "deploy" / "prometheus" / "alerts.yaml"


def test_every_metric_of_the_rules_exists() -> None:
    groups = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    asked = {name for group in groups for rule in group["rules"] for name in re.findall(r"chitieu_\w+", rule["expr"])}
    known = {name for family in REGISTRY.collect() for name in (family.name, f"{family.name}_total")}
    assert len(asked) >= 3
    assert asked <= known
