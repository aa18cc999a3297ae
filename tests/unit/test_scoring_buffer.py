"""The buffer of a partition, the boundary of blocks, and the watchdog's judgement: tables of cases."""

from hypothesis import given
from hypothesis import strategies as st

from services.scoring.buffer import Buffer, LogRecord, Verdict
from services.scoring.marks import NOTHING, Marks
from services.scoring.watchdog import Progress


def record(offset: int, size: int = 10) -> LogRecord:
    return LogRecord(0, offset, 1_000 + offset, bytes(size))


def filled(*offsets: int) -> Buffer:
    buffer = Buffer()
    for offset in offsets:
        buffer.offer(record(offset))
    return buffer


def offsets(records: list[LogRecord]) -> list[int]:
    return [one.offset for one in records]


def test_records_are_kept_in_order_and_the_second_delivery_of_one_is_old() -> None:
    buffer = filled(4, 5)
    assert buffer.offer(record(5)) is Verdict.OLD
    assert buffer.offer(record(6)) is Verdict.KEPT
    assert offsets(buffer.take(1_000)) == [4, 5, 6]


def test_a_record_after_a_gap_is_refused_until_its_predecessors_came() -> None:
    buffer = filled(4)
    assert buffer.offer(record(6)) is Verdict.GAP
    assert buffer.wanted == 5
    assert [buffer.offer(record(offset)) for offset in (5, 6)] == [Verdict.KEPT, Verdict.KEPT]


def test_what_is_below_the_expected_offset_is_given_back_to_be_acknowledged() -> None:
    buffer = filled(4, 5, 6)
    assert offsets(buffer.expect(6)) == [4, 5]
    assert (offsets(buffer.take(1_000)), buffer.wanted) == ([6], 7)


def test_a_run_that_begins_after_the_expected_offset_is_dropped() -> None:
    buffer = filled(8, 9)
    assert buffer.expect(6) == []
    assert (len(buffer), buffer.waiting_bytes, buffer.wanted) == (0, 0, 6)
    assert buffer.offer(record(10)) is Verdict.GAP


def test_a_run_that_is_wholly_old_leaves_the_expected_offset() -> None:
    buffer = filled(1, 2)
    assert offsets(buffer.expect(6)) == [1, 2]
    assert buffer.wanted == 6


def test_a_block_ends_at_its_size_at_a_boundary_and_holds_one_record_at_least() -> None:
    buffer = filled(*range(6))
    assert offsets(buffer.take(25)) == [0, 1]
    assert offsets(buffer.take(1_000, up_to=3)) == [2, 3]
    assert offsets(buffer.take(1)) == [4]
    assert buffer.waiting_bytes == 10


def test_what_is_given_back_comes_first_again() -> None:
    buffer = filled(0, 1, 2)
    taken = buffer.take(25)
    buffer.give_back(taken[1:])
    assert (offsets(buffer.take(1_000)), buffer.waiting_bytes) == ([1, 2], 0)


@given(st.lists(st.integers(0, 12), max_size=60), st.integers(0, 6))
def test_whatever_arrives_what_is_taken_has_no_gap_and_no_repetition(arrivals: list[int], first: int) -> None:
    buffer, taken = Buffer(), []
    for number, offset in enumerate(arrivals):
        if number == 3:
            buffer.expect(first)
        buffer.offer(record(offset))
        if number > 3:
            taken += offsets(buffer.take(15))
    assert taken == list(range(first, first + len(taken)))


def test_a_block_never_straddles_the_mark_of_the_table_that_is_ahead() -> None:
    assert Marks(events=9, ledger=5).boundary(6) == 9
    assert Marks(events=9, ledger=5).boundary(10) is None
    assert Marks(events=9, ledger=9).boundary(10) is None
    assert Marks(events=NOTHING, ledger=NOTHING).boundary(0) is None


def test_a_partition_is_stuck_only_when_it_is_behind_and_does_not_move() -> None:
    progress = Progress()
    assert progress.stuck_for(4, 5, ready=True, now=0) == 0
    assert progress.stuck_for(4, 5, ready=True, now=100) == 0, "caught up"
    assert progress.stuck_for(4, 9, ready=True, now=100) == 0, "behind from now on"
    assert progress.stuck_for(4, 9, ready=True, now=130) == 30
    assert progress.stuck_for(5, 9, ready=True, now=140) == 0, "it moved"
    assert progress.stuck_for(5, 9, ready=True, now=150) == 10


def test_a_partition_that_does_not_become_ready_is_stuck_also_without_records() -> None:
    progress = Progress()
    progress.stuck_for(-2, 0, ready=False, now=0)
    assert progress.stuck_for(-2, 0, ready=False, now=61) == 61


def test_without_the_log_s_end_nothing_is_known_to_be_behind() -> None:
    progress = Progress()
    progress.stuck_for(4, None, ready=True, now=0)
    assert progress.stuck_for(4, None, ready=True, now=500) == 0
