"""Recorded cases: the shipped ones hold for the shipped policies, a difference is shown, a malformed case is
refused.
"""

from pathlib import Path

import pytest

from services.alerts.__main__ import main
from services.alerts.policy import RULES
from tests.support.processes import REPO

SHIPPED = REPO / "tests" / "data" / "alert_cases" / "default.yaml"
CASE = """
- name: {name}
  rule: {rule}
  about: filing_full_online
  unit: xa-12004
  observe: ["{seen} at 2026-03-02 08:00"]
  expect: [{expect}]
"""


def written(folder: Path, name: str = "a", rule: str = "below_target", seen: str = "70/100", expect: str = "") -> str:
    file = folder / "cases.yaml"
    file.write_text(CASE.format(name=name, rule=rule, seen=seen, expect=expect))
    return str(file)


def test_the_shipped_cases_hold_and_cover_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", str(SHIPPED)]) == 0
    text = SHIPPED.read_text()
    assert capsys.readouterr().out.count("ok ") == text.count("- name:")
    assert all(f"rule: {rule}\n" in text for rule in RULES)


def test_a_difference_shows_expected_and_got_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", written(tmp_path, expect="firing to don-vi at 2026-03-02 09:00")]) == 1
    out = capsys.readouterr().out
    assert "FAILED cases.yaml:2 a" in out
    assert "- firing to don-vi at 2026-03-02 09:00" in out
    assert "+ firing to don-vi at 2026-03-02 08:00" in out


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"rule": "below"}, "cases.yaml:2: no such rule: below"),
        ({"seen": "many"}, "cases.yaml:2: 'many' are no figures"),
        ({"rule": "link_down"}, "cases.yaml:2: '70/100' is none of breach"),
        ({"seen": "acknowledge"}, "cases.yaml:2: 'acknowledge' has no effect: unknown_alert"),
        ({"seen": "silence unit"}, "cases.yaml:2: 'silence unit' has no effect: ends_before_it_begins"),
        ({"seen": "silence until 2026-03"}, "cases.yaml:2: '2026-03' is no moment"),
    ],
)
def test_a_malformed_case_is_refused_with_file_and_line(
    tmp_path: Path, fields: dict[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["test", written(tmp_path, **fields)]) == 1
    assert said in capsys.readouterr().err
