"""A few rounds of chaos on a stack of their own, and the proof that the check would see what it looks for."""

from collections.abc import Iterator
from random import Random

import pytest

from tests.chaos.check import LEDGER, Difference, differences, miscounted
from tests.chaos.cluster import Shape
from tests.chaos.faults import BY_NAME
from tests.chaos.rounds import Arena, arena
from tests.chaos.story import counted, tell

SEED = 155
EVENTS_PER_SECOND = 150
ROUNDS = (
    ("kill-engine", "kill-scoring", "kill-api"),
    ("kill-broker", "kill-ingest", "kill-alerts"),
    ("freeze-scoring", "workers-leave"),
)
QUIET_ROUND = 100


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    shape = Shape(standby=False, weather=False, small_disk=False)
    with arena(tmp_path_factory.mktemp("chaos"), shape, EVENTS_PER_SECOND) as running:
        yield running


@pytest.mark.parametrize("faults", ROUNDS, ids="+".join)
def test_what_was_accepted_is_counted_once_whatever_is_killed_or_frozen(
    running: Arena, faults: tuple[str, ...]
) -> None:
    result = running.play(ROUNDS.index(faults) + 1, [BY_NAME[name] for name in faults], SEED)
    assert result.differences == []
    assert sorted(result.faults) == sorted(faults)
    assert result.book.accepted


def test_a_block_that_was_inserted_twice_is_seen(running: Arena) -> None:
    result = running.play(QUIET_ROUND, [], SEED)
    assert result.differences == []
    running.tables.command(f"ALTER TABLE {LEDGER} DROP CONSTRAINT owner")
    newest = f"(SELECT partition, max(offset) FROM {LEDGER} WHERE reading != '' GROUP BY partition LIMIT 1)"
    running.tables.command(f"INSERT INTO {LEDGER} SELECT * FROM {LEDGER} WHERE (partition, offset) IN {newest}")
    found = differences(running.tables, [result.book])
    assert {one.kind for one in found} == {"doubled"}
    assert "marks of the ledger" in " ".join(one.what for one in found)


def test_filings_that_are_missing_doubled_or_elsewhere_are_told_apart() -> None:
    filing = next(one for one in tell(1, 50, Random(SEED)) if set(one.events) == {"received", "issued"})
    right = counted(filing, filing.ids())
    (cell,) = right
    elsewhere = {(cell[0], "so-xay-dung", cell[2]): right[cell]}
    twice = {cell: (2 * right[cell][0], 2)}

    def kinds(net: dict[tuple[str, str, str], tuple[int, int]]) -> list[str]:
        found: list[Difference] = miscounted([filing], set(filing.ids()), {filing.subject: net})
        return [one.kind for one in found]

    assert (kinds(dict(right)), kinds({}), kinds(twice), kinds(elsewhere)) == ([], ["lost"], ["doubled"], ["wrong"])


def test_an_event_that_was_never_answered_may_count_or_not() -> None:
    filing = next(one for one in tell(1, 50, Random(SEED)) if set(one.events) == {"received", "issued"})
    accepted = {str(filing.events["issued"]["id"])}
    for net in ({}, counted(filing, filing.ids())):
        assert miscounted([filing], accepted, {filing.subject: net}) == []
