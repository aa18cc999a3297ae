"""The page of figures says what was measured: its table and its drawing are made from the committed results."""

import copy
from pathlib import Path

import pytest

from tests.bench.capacity import Lengths, highest
from tests.bench.events import UNITS
from tests.bench.measuring import percentile
from tests.bench.page import PAGE, RESULTS, ratio, read, rendered
from tests.bench.plot import DRAWING, digest, draw
from tests.bench.probes import ALERT_UNITS, SEEN_UNIT, Probe, Seen


def test_the_table_of_the_page_is_the_one_of_the_committed_results() -> None:
    page = PAGE.read_text()
    assert rendered(page, read(RESULTS)) == page


def test_a_figure_changed_on_the_page_or_in_the_results_is_seen() -> None:
    results = copy.deepcopy(read(RESULTS))
    results["lines"][0]["ours"] *= 2
    page = PAGE.read_text()
    assert rendered(page, results) != page


def test_the_drawing_names_the_committed_results() -> None:
    assert digest(read(RESULTS)) in DRAWING.read_text()


def test_the_drawing_is_the_same_for_the_same_results(tmp_path: Path) -> None:
    results = read(RESULTS)
    files = [tmp_path / f"{number}.svg" for number in range(2)]
    for file in files:
        draw(results, file)
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize(("unit", "times"), [("events/s", 0.5), ("ms", 2.0)])
def test_more_per_second_and_less_time_are_better(unit: str, times: float) -> None:
    assert ratio({"unit": unit, "ours": 10, "baseline": 20}) == times


def test_the_capacity_is_the_highest_rate_held_for_the_long_time() -> None:
    asked: list[tuple[float, float]] = []

    def held(rate: float, seconds: float) -> bool:
        asked.append((rate, seconds))
        return rate <= (9_000 if seconds == 60 else 10_000)

    rate, found = highest(held, Lengths(10, 60))
    assert found
    assert 8_000 < rate <= 9_000
    assert asked[-1] == (rate, 60)


def test_a_machine_that_holds_nothing_is_told_and_does_not_try_for_ever() -> None:
    assert highest(lambda _rate, _seconds: False, Lengths(10, 60))[1] is False


def test_the_load_writes_for_no_unit_of_a_probe() -> None:
    assert not {SEEN_UNIT, *ALERT_UNITS} & set(UNITS)


def test_a_probe_is_late_until_something_shows_it_or_a_later_one() -> None:
    seen = Seen([(10.5, "a", "firing", 41), (11.0, "a", "resolved", 45), (14.0, "a", "firing", 51)])
    assert seen.seconds(Probe(10.0, 41, "a", "firing")) == 0.5
    assert seen.seconds(Probe(12.0, 46, "a", "firing")) == 2.0
    assert seen.seconds(Probe(12.0, 50, "a", "resolved")) is None


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(number) for number in range(1, 101)]
    assert [percentile(values, share) for share in (50, 99, 100)] == [50.0, 99.0, 100.0]
    assert percentile([], 99) == 0.0
