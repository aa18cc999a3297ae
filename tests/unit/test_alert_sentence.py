"""The sentence and the evidence of a transition."""

from services.alerts.machine import AlertState, Transition, decide
from services.alerts.policy import Policy, load_policies
from services.alerts.sentence import evidence, sentence_vi
from shared.catalogue import load_catalogue
from tests.unit.test_alert_machine import NOW, seen


def fired(num: int, den: int) -> Transition:
    transition = decide(AlertState(), seen(num, den), Policy(), NOW).transition
    assert transition
    return transition


def test_a_firing_alert_says_who_what_how_much_and_against_which_target() -> None:
    assert sentence_vi(fired(1428, 2000)) == (
        "Xã Như Quỳnh: Hồ sơ giải quyết trực tuyến toàn trình đạt 71,4% (1.428/2.000), "
        "chưa đạt chỉ tiêu từ 80% của kỳ 2026."
    )


def test_evidence_holds_the_integers_the_target_and_the_policy_version() -> None:
    frozen = evidence(fired(1428, 2000), "p1")
    assert (frozen["numerator"], frozen["denominator"]) == (1428, 2000)
    assert (frozen["target"], frozen["comparator"]) == (80, ">=")
    assert frozen["legal_row"] == "PL01-11a"
    assert frozen["policy_version"] == "p1"


def test_the_shipped_policies_name_only_indicators_of_the_catalogue() -> None:
    slugs = set(load_catalogue().indicators)
    assert set(load_policies().file.indicators) <= slugs
