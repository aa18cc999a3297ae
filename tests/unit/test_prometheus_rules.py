"""The rules ask only for metrics that there are, each says what to do, and the page of metrics is up to date."""

import re
from pathlib import Path
from typing import Any

import yaml

from deploy.prometheus.metrics_page import PAGE, metrics, page, series_names
from services.ingest.problems import Problem

REPO = Path(__file__).resolve().parents[2]
RULES = REPO / "deploy" / "prometheus" / "alerts.yaml"


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"] for rule in group["rules"]]


def test_every_metric_and_label_value_of_the_rules_exists() -> None:
    asked = {name for rule in rules() for name in re.findall(r"chitieu_\w+", rule["expr"])}
    assert len(asked) > 10
    assert asked <= series_names()
    reasons = set(re.findall(r'refused_requests_total\{reason="(\w+)"', RULES.read_text("utf-8")))
    assert reasons <= {problem.value for problem in Problem}


def test_what_to_do_for_each_rule_stands_under_its_name() -> None:
    page_of_operations = (REPO / "docs" / "operations.md").read_text("utf-8")
    headings = {heading.lower() for heading in re.findall(r"^### (Chitieu\w+)$", page_of_operations, re.MULTILINE)}
    assert headings == {rule["alert"].lower() for rule in rules()}
    for rule in rules():
        assert rule["annotations"]["runbook_url"] == f"docs/operations.md#{rule['alert'].lower()}"


def test_the_page_of_metrics_is_made_from_the_code() -> None:
    assert PAGE.read_text("utf-8") == page(), "python -m deploy.prometheus"


def test_metrics_are_named_by_the_conventions() -> None:
    for service, described in metrics().items():
        assert described, service
        for one in described:
            assert one.name.startswith(f"chitieu_{service}_"), one.name
            assert one.name.endswith("_total") == (one.kind == "counter"), one.name
            assert not re.search(r"_(ms|milliseconds|minutes|kb|mb|percent)(_|$)", one.name), one.name
            assert one.meaning.endswith("."), one.name
