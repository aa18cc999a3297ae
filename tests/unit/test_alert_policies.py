"""Policy files: what is refused, what an override changes, who keeps whom quiet."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from services.alerts.finding import Scope
from services.alerts.policy import RULES, Policies, Policy, PolicyFile
from services.alerts.policy_files import load_policies
from shared.catalogue import load_catalogue
from shared.errors import StartError
from tests.support.alerts import LEVELS, cell, minutes

CATALOGUE = load_catalogue()
BACKWARDS = [{"after": "2h", "receivers": "a"}, {"after": "1h", "receivers": "b"}]


def given(**fields: Any) -> dict[str, Any]:
    return {"version": "1", "rules": {rule: {} for rule in RULES}, **fields}


def made(**fields: Any) -> Policies:
    return Policies(PolicyFile.model_validate(given(**fields)), LEVELS)


def one_override(match: dict[str, Any], **changes: Any) -> list[dict[str, Any]]:
    return [{"match": match, "set": changes}]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"rules": {"below_target": {}}}, "no policy for below_recent"),
        ({"overrides": one_override({}, margin=5)}, "override 1"),
        ({"overrides": one_override({"rule": "bellow_target"}, margin_points=5)}, "bellow_target"),
        ({"overrides": one_override({"indicator": "nothing_such"}, margin_points=5)}, "nothing_such"),
        ({"overrides": one_override({"unit": "xa-99999"}, margin_points=5)}, "xa-99999"),
        ({"overrides": one_override({"level": "district"}, margin_points=5)}, "district"),
        ({"inhibitions": [{"by": {"unit": "xa-99998"}, "quiets": {}}]}, "xa-99998"),
        ({"overrides": one_override({}, hold="15")}, "a span is a whole number"),
        ({"overrides": one_override({}, hold=900)}, "a span is a whole number"),
        ({"overrides": one_override({}, flapping={"turns": 1})}, "turns"),
        ({"overrides": one_override({}, receivers="Phòng Một")}, "receivers"),
        ({"overrides": one_override({}, escalation=BACKWARDS)}, "in the order of their"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_file_with_a_mistake_is_refused_and_the_mistake_is_named(
    tmp_path: Path, fields: dict[str, Any], said: str
) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text(yaml.safe_dump(given(**fields)))
    with pytest.raises(StartError, match=said):
        load_policies(CATALOGUE, file)


@pytest.mark.parametrize("text", ["{", "[]", ""])
def test_what_is_no_policy_file_is_refused_in_words(tmp_path: Path, text: str) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text(text)
    with pytest.raises(StartError, match="policies"):
        load_policies(CATALOGUE, file)
    with pytest.raises(StartError, match="absent.yaml"):
        load_policies(CATALOGUE, tmp_path / "absent.yaml")


def test_of_overrides_that_fit_the_last_one_wins_field_by_field() -> None:
    overrides = [
        *one_override({"level": "commune"}, margin_points=3, hold="15m"),
        *one_override({"indicator": ["filing_full_online", "payment_online"]}, margin_points=5),
        *one_override({"rule": "pace"}, margin_points=9),
    ]
    policies = made(overrides=overrides)
    assert policies.policy_for(cell()).margin_points == 5
    assert policies.policy_for(cell()).hold == minutes(15)
    assert policies.policy_for(cell("pace")).margin_points == 9
    assert policies.policy_for(cell(unit="so-khcn")).hold == minutes(0)


def test_a_graver_alert_keeps_quiet_its_own_unit_or_all_when_so_asked_and_never_itself() -> None:
    by, quiets = {"rule": "source_silent"}, {"rule": ["source_silent", "system_unmonitored"]}
    source, near, far = (
        Scope("source_silent", "soc", "xa-12004"),
        Scope("system_unmonitored", "s1", "xa-12004"),
        Scope("system_unmonitored", "s2", "so-khcn"),
    )
    same = made(inhibitions=[{"by": by, "quiets": quiets}])
    assert [same.inhibitor_of(one, [source]) for one in (source, near, far)] == ["", source.alert_id, ""]
    everywhere = made(inhibitions=[{"by": by, "quiets": quiets, "same": "any"}])
    assert [everywhere.inhibitor_of(one, [source]) for one in (source, near, far)] == ["", *[source.alert_id] * 2]
    assert (same.may_inhibit(source), same.may_inhibit(near)) == (True, False)


def test_what_was_in_force_at_the_firing_is_judged_by_again() -> None:
    then = Policy(margin_points=2, min_denominator=10)
    now = Policy(margin_points=9, min_denominator=99, severity="critical")
    assert now.as_it_was(then.measures) == Policy(margin_points=2, min_denominator=10, severity="critical")
    assert now.as_it_was({}) == now
