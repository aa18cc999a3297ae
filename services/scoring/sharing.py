"""Which blocks of several partitions share an insert (pure)."""

from collections.abc import Sequence

ALONE = 0.5
"""A block fuller than this is written at once: what an insert costs by itself is then little beside its rows, and the
lanes of a backlog fold and write beside one another.
"""


def fullness(size_bytes: int, rows: int, max_bytes: int, max_rows: int) -> float:
    """How much of the largest insert a block fills, by the bytes of its records' envelopes or the rows of a table."""
    return max(size_bytes / max_bytes, rows / max_rows)


def together(waiting: Sequence[float]) -> int:
    """How many of the first waiting blocks share the next insert, by their `fullness`: at least one.

    Together they are no more than one block may be, so that an insert stays as large as it was proven to be one part.
    """
    filled = 0.0
    for count, share in enumerate(waiting):
        filled += share
        if count and filled > 1:
            return count
    return len(waiting)
