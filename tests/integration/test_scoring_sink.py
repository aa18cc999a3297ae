"""Writing a partition's blocks on a real engine: each exactly once, whatever the client gets to know of it."""

import pytest

from services.scoring.fence import Fence, end_queries
from services.scoring.marks import NOTHING, Marks
from services.scoring.metrics import UNKNOWN_OUTCOMES
from services.scoring.probe import prove_one_part
from services.scoring.sink import Output
from shared.errors import FencedError
from tests.support.sink_bench import PARTITION, SinkBench, block


def test_a_new_partition_has_no_marks_and_a_block_moves_both(bench: SinkBench) -> None:
    sink = bench.sink()
    assert sink.take_over() == Marks(NOTHING, NOTHING)
    sink.write(block(4))
    assert bench.sink().take_over() == Marks(4, 4)
    assert bench.counts() == (3, 6)


def test_a_block_without_rows_still_moves_both_marks(bench: SinkBench) -> None:
    sink = bench.sink()
    sink.take_over()
    sink.write(Output([], [], 9, 1))
    assert bench.sink().take_over() == Marks(9, 9)


@pytest.mark.parametrize("table", ["events", "ledger"])
@pytest.mark.parametrize("lost", ["response", "request"])
def test_an_insert_whose_outcome_is_unknown_is_there_once(bench: SinkBench, table: str, lost: str) -> None:
    sink = bench.sink()
    sink.take_over()
    sink.write(block(0))
    before = UNKNOWN_OUTCOMES._value.get()
    bench.lose(lost, table)
    sink.write(block(1))
    assert bench.proxy.cuts == 1
    assert UNKNOWN_OUTCOMES._value.get() == before + 1
    assert bench.counts() == (6, 12)
    assert bench.sink().take_over() == Marks(1, 1)


def test_after_a_crash_between_the_tables_only_the_ledger_is_written(bench: SinkBench) -> None:
    crashed = bench.sink()
    crashed.take_over()
    crashed.write(block(3))
    one = block(7)
    crashed._insert_once("events", one)
    heir = bench.sink()
    marks = heir.take_over()
    assert (marks, marks.boundary(4)) == (Marks(7, 3), 7)
    heir.write(one)
    assert bench.counts() == (6, 12)


def test_the_former_owner_is_refused_and_leaves_no_row(bench: SinkBench) -> None:
    former, heir = bench.sink(), bench.sink()
    former.take_over()
    former.write(block(0))
    heir.take_over()
    with pytest.raises(FencedError, match="another owner"):
        former.write(block(1))
    heir.write(block(1))
    assert bench.counts() == (6, 12)


def test_the_former_owner_does_not_take_the_partition_back_after_an_unknown_outcome(bench: SinkBench) -> None:
    former, heir = bench.sink(), bench.sink()
    former.take_over()
    heir.take_over()
    bench.lose("request", "events")
    with pytest.raises(FencedError):
        former.write(block(0))
    heir.write(block(0))
    assert bench.counts() == (3, 6)


@pytest.mark.parametrize("written", [3, 9])
def test_a_former_owner_that_slept_before_claiming_again_sends_nothing_over_its_heirs_blocks(
    bench: SinkBench, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    former, heir = bench.sink(), bench.sink()
    former.take_over()
    looked = Fence.owner

    def freezes_after_looking(fence: Fence) -> int:
        found = looked(fence)
        heir.take_over()
        heir.write(block(written))
        return found

    monkeypatch.setattr(Fence, "owner", freezes_after_looking)
    bench.lose("request", "events")
    with pytest.raises(FencedError, match="written by another owner"):
        former.write(block(9))
    assert bench.counts() == (3, 6)


@pytest.mark.parametrize("lost", ["response", "request"])
def test_a_claim_that_failed_half_way_is_still_ours(
    bench: SinkBench, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    sink = bench.sink()
    sink.take_over()
    looked = Fence.owner

    def then_the_claim_is_cut(fence: Fence) -> int:
        found = looked(fence)
        if bench.proxy.cuts == 1:
            bench.proxy.lose(lost, f"INSERT INTO {bench.tables.owners} ".encode())
        return found

    monkeypatch.setattr(Fence, "owner", then_the_claim_is_cut)
    bench.lose("request", "events")
    sink.write(block(0))
    assert (bench.proxy.cuts, bench.counts()) == (2, (3, 6))


def test_an_insert_of_a_large_block_becomes_one_part_and_the_probe_leaves_nothing(bench: SinkBench) -> None:
    prove_one_part(bench.client, bench.tables.database)
    sql = f"SELECT count() FROM system.tables WHERE database = '{bench.tables.database}' AND name LIKE 'scoring_probe%'"  # noqa: S608
    assert bench.direct.query(sql).result_rows == [(0,)]


def test_ending_queries_when_none_runs_returns_at_once(bench: SinkBench) -> None:
    end_queries(bench.client, bench.tables.inserts_of(PARTITION))
