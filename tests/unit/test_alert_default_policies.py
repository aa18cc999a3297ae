"""The policies that ship: they name what there is, and treat each rule as it deserves."""

from datetime import date, timedelta
from importlib.resources import files

import pytest
import yaml

from services.alerts.finding import Scope
from services.alerts.policy import RULES, Policies, PolicyFile
from shared.contracts.alerts import Rule
from tests.support.alert_snapshots import CATALOGUE, LEVELS

FILE = PolicyFile.model_validate(
    yaml.safe_load(files("services.alerts").joinpath("policies", "default.yaml").read_text("utf-8"))
)
POLICIES = Policies(FILE, LEVELS)
SOC_RULES: tuple[Rule, ...] = ("system_undocumented", "system_unmonitored", "link_down", "security_event")
DOWN = Scope("link_down", "xa-12004:down", "xa-12004", "network_coverage")
DEGRADED = Scope("link_down", "xa-12004:degraded", "xa-12004")


def cell(rule: Rule, indicator: str, unit: str) -> Scope:
    return Scope(rule, f"{indicator}:{unit}:2026", unit, indicator, indicator, "2026")


def test_overrides_and_inhibitions_name_only_what_the_catalogue_knows() -> None:
    matches = [one.match for one in FILE.overrides]
    matches += [match for one in FILE.inhibitions for match in (one.by, one.quiets)]
    assert {name for match in matches for name in match.indicator} <= set(CATALOGUE.indicators)
    assert {name for match in matches for name in match.unit} <= set(CATALOGUE.units)
    assert {name for match in matches for name in match.level} <= set(LEVELS.values())
    assert {name for match in matches for name in match.rule} <= set(RULES)


@pytest.mark.parametrize("rule", SOC_RULES)
def test_what_concerns_security_is_critical_at_all_hours(rule: Rule) -> None:
    policy = POLICIES.policy_for(Scope(rule, "x", "so-y-te"))
    assert (policy.severity, policy.calendar) == ("critical", "always")
    assert "soc" in policy.receivers


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule not in SOC_RULES])
def test_everything_else_waits_for_working_time(rule: Rule) -> None:
    assert POLICIES.policy_for(Scope(rule, "x", "so-y-te")).calendar == "working"


def test_every_rule_tells_somebody_and_a_commune_hears_of_its_own() -> None:
    units = ("xa-12004", "so-y-te", "hung-yen")
    told = {(rule, unit): POLICIES.policy_for(Scope(rule, "x", unit)).receivers for rule in RULES for unit in units}
    assert all(told.values())
    assert told["below_target", "xa-12004"] == ("don-vi",)
    assert told["below_target", "so-y-te"] == ("don-vi", "ban-dieu-hanh")
    assert told["below_target", "hung-yen"] == ("ban-dieu-hanh",)


def test_a_target_of_all_tolerates_five_points_and_has_no_pace() -> None:
    """A plan's target of 100 % is missed by one item, which must not page anybody. Inspections are too few."""
    flows = [i for i in CATALOGUE.indicators.values() if i.kind == "flow" and i.slug != "inspection_online"]
    for indicator in flows:
        for unit in ("xa-12004", "so-y-te"):
            targets = [t.value for f in indicator.figures for t in CATALOGUE.targets_of(f.code, unit)]
            below = POLICIES.policy_for(cell("below_target", indicator.slug, unit))
            pace = POLICIES.policy_for(cell("pace", indicator.slug, unit))
            if targets:
                assert below.margin_points == (5 if 100 in targets else 0), (indicator.slug, unit)
                assert pace.enabled == (100 not in targets), (indicator.slug, unit)


def test_counts_towards_the_end_of_the_year_are_no_news_before_its_last_quarter() -> None:
    """They are reported once a month and grow all year; what is counted by events is told from February on."""
    reported = {i.slug for i in CATALOGUE.indicators.values() if i.kind == "reported" and i.reported_as == "stock"}
    days = {one: POLICIES.policy_for(cell("below_target", one, "xa-12004")).min_days for one in CATALOGUE.indicators}
    assert {days[one] for one in reported} == {(date(2026, 10, 1) - date(2025, 12, 31)).days}
    assert max(days[one] for one in days.keys() - reported) == (date(2026, 1, 31) - date(2025, 12, 31)).days


def test_the_silence_of_the_socs_source_replaces_the_copies_of_its_systems() -> None:
    silent = Scope("source_silent", "soc", "cong-an")
    system = Scope("system_unmonitored", "ioc", "vp-ubnd", "system_monitored")
    assert POLICIES.inhibitor_of(system, [silent]) == silent.alert_id
    assert POLICIES.inhibitor_of(system, [Scope("source_silent", "dvc", "tt-pvhcc")]) == ""
    first, after = POLICIES.policy_for(silent), POLICIES.policy_for(system)
    assert first.hold < after.hold
    assert (first.calendar, first.receivers) == ("always", ("soc",))


def test_a_unit_without_any_line_is_told_once_and_a_degraded_one_hides_nothing() -> None:
    system = Scope("system_unmonitored", "x", "xa-12004", "system_monitored")
    rate = cell("below_target", "network_coverage", "xa-12004")
    for consequence in (system, rate):
        assert POLICIES.inhibitor_of(consequence, [DOWN]) == DOWN.alert_id
        assert POLICIES.inhibitor_of(consequence, [DEGRADED]) == ""
    elsewhere = Scope("system_unmonitored", "y", "so-y-te", "system_monitored")
    assert POLICIES.inhibitor_of(elsewhere, [DOWN]) == ""


def test_reminders_are_over_before_anything_escalates() -> None:
    policy = POLICIES.policy_for(Scope("report_due", "x", "so-y-te"))
    assert policy.remind_before_days == (9, 0)
    assert all(step.after > timedelta(days=1) for step in policy.escalation)
