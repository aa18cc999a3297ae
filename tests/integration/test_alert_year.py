"""Two months of a simulated year in small: few units of full size, through the default policies and through worse ones.

The whole year is `python -m tests.bench.alert_year`; its figures stand in docs/alert-defaults.md.
"""

from datetime import date
from functools import cache

from services.alerts.past.player import Player
from services.alerts.policy import Policies
from services.alerts.policy_files import load_policies
from tests.support.alert_figures import PER_WEEK, Figures, calm, every_change, figures, missed, naive, played
from tests.support.alert_incidents import Planted
from tests.support.alert_snapshots import LEVELS
from tests.support.alert_year import Year, minutes_of

PLANTED = Planted(silent=(12, 20), wrong=35, paper=(32, 50))
UNITS = frozenset({"so-tu-phap", PLANTED.paper_unit, PLANTED.wrong_unit, "xa-12361", "ph-11953"})
WEEKS = Year(date(2026, 1, 1), date(2026, 3, 4), PLANTED, UNITS, beat_hours=12, look_seconds=900)
CATALOGUE = WEEKS.catalogue()
SHIPPED = load_policies(CATALOGUE)


def deaf(policies: Policies) -> Policies:
    """With one rule alone."""
    rules = policies.file.rules
    off = {rule: rules[rule].model_copy(update={"enabled": False}) for rule in rules if rule != "source_silent"}
    return Policies(policies.file.model_copy(update={"rules": rules | off}), LEVELS)


@cache
def players() -> list[Player]:
    """The same weeks through the shipped policies, naive ones, and deaf ones."""
    worse = [naive(SHIPPED, CATALOGUE), deaf(SHIPPED)]
    return played(WEEKS, minutes_of(WEEKS, CATALOGUE), [SHIPPED, *worse], CATALOGUE)


@cache
def shipped() -> Figures:
    return figures(players()[0], WEEKS, calm, CATALOGUE)


def test_every_planted_incident_is_told_of_and_none_by_a_rule_that_is_off() -> None:
    planted = {one.name for one in WEEKS.incidents()}
    assert planted >= {"a commune goes back to paper", "a system goes live without dossier"}
    assert missed(players()[0], WEEKS) == []
    assert {one.name for one in missed(players()[2], WEEKS)} == planted - {"a source falls silent"}


def test_the_desk_stays_within_what_people_can_take_in() -> None:
    """ISA-18.2: 6 an hour on average, 10 in any 10 minutes outside incidents."""
    assert 0 < shipped().desk_hourly <= 6
    assert 0 < shipped().desk_most_outside <= 10


def test_a_commune_gets_at_most_two_messages_a_week_and_its_alerts_last() -> None:
    assert [(key, [one.at for one in sent]) for key, sent in shipped().crowded] == []
    assert 0 < shipped().most_in_week <= PER_WEEK
    assert shipped().closed_shortly <= shipped().openings / 10


def test_the_same_weeks_without_margins_minima_and_holds_break_each_of_these_limits() -> None:
    """What the limits are worth: a change of the policies that undoes them is seen here."""
    before = figures(players()[1], WEEKS, every_change, CATALOGUE)
    assert before.desk_most_outside > 10
    assert before.weeks_over > before.commune_weeks / 10
    assert before.openings > 2 * shipped().openings
