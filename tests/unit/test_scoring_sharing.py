"""Which blocks share an insert: all small ones that wait, as long as they are no more than one block may be."""

import pytest

from services.scoring.sharing import fullness, together


@pytest.mark.parametrize(
    ("waiting", "count"),
    [
        ([0.0], 1),
        ([0.1, 0.1, 0.1, 0.1], 4),
        ([0.25, 0.25, 0.25, 0.25], 4),
        ([0.25, 0.25, 0.25, 0.25, 0.01], 4),
        ([0.6, 0.6, 0.1], 1),
        ([1.5, 0.1], 1),
    ],
    ids=["one", "small", "just full", "one too many", "too large together", "one record larger than a block"],
)
def test_waiting_blocks_share_an_insert_up_to_one_full_block(waiting: list[float], count: int) -> None:
    assert together(waiting) == count


@pytest.mark.parametrize(
    ("size_bytes", "rows", "full"),
    [(0, 0, 0.0), (500, 0, 0.5), (0, 5, 0.5), (500, 9, 0.9), (3_000, 0, 3.0)],
    ids=["empty", "by bytes", "by rows", "by the fuller", "one large record"],
)
def test_a_block_is_as_full_as_its_bytes_or_its_rows(size_bytes: int, rows: int, full: float) -> None:
    assert fullness(size_bytes, rows, 1_000, 10) == full
