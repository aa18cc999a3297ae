"""The watch over the evaluator: what it concludes from the metrics it sees."""

from datetime import datetime

from services.alerts.dead_man import METRIC, News, Watch, last_evaluation, look, told
from tests.support.alerts import NOW, minutes

LIMIT = minutes(3)


def seen(watch: Watch, evaluated: datetime | None, now: datetime) -> tuple[Watch, str]:
    watch, news = look(watch, evaluated, now, LIMIT)
    return (told(watch, news), news.word) if news else (watch, "")


def test_it_tells_once_that_it_stopped_and_once_that_it_is_back() -> None:
    watch, words = Watch(NOW), []
    for minute in range(12):
        evaluated = NOW + minutes(minute) if minute in {0, 1, 2, 8, 9, 10, 11} else None
        watch, word = seen(watch, evaluated, NOW + minutes(minute))
        words.append(word)
    assert words == ["", "", "", "", "", "stopped", "", "", "running", "", "", ""]


def test_a_service_that_never_answered_has_stopped_after_the_same_time() -> None:
    assert seen(Watch(NOW), None, NOW + LIMIT - minutes(0.1))[1] == ""
    assert seen(Watch(NOW), None, NOW + LIMIT)[1] == "stopped"


def test_an_evaluation_of_long_ago_is_no_sign_of_life() -> None:
    watch, word = seen(Watch(NOW), NOW - minutes(60), NOW + minutes(1))
    assert word == ""
    assert seen(watch, NOW - minutes(60), NOW + LIMIT)[1] == "stopped"


def test_news_that_were_not_delivered_are_news_again_with_the_same_id() -> None:
    watch, first = look(Watch(NOW), None, NOW + LIMIT, LIMIT)
    _, second = look(watch, None, NOW + minutes(9), LIMIT)
    assert first
    assert second
    assert first.id == second.id


def test_of_several_replicas_the_one_that_evaluates_counts() -> None:
    standby, owner = f"# HELP\n{METRIC} 0.0\nother 7\n", f"{METRIC} 1.7829e+09\n"
    assert last_evaluation([standby, owner, ""]) == 1.7829e9
    assert last_evaluation([]) == 0.0


def test_the_sentence_says_since_when_nothing_was_evaluated() -> None:
    said = News("stopped", NOW).sentence_vi(NOW + minutes(4))
    assert "2026-07-01T08:00:00+00:00" in said
    assert "240 giây" in said
