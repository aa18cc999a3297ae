"""When a block is taken: a quick engine is asked often, a busy one seldom."""

import pytest

from services.scoring.pacing import Pacing

LINGER = 0.15


@pytest.mark.parametrize(
    ("oldest_at", "write", "ripe_at"),
    [
        (10.0, (0.0, 0.0), 10.15),
        (10.0, (9.0, 9.05), 10.15),
        (10.0, (9.8, 10.0), 10.4),
        (10.0, (6.0, 10.0), 11.0),
    ],
    ids=["nothing written yet", "a quick write", "a slow write", "an engine that was away"],
)
def test_what_waits_becomes_a_block_after_lingering_and_after_as_long_a_rest_as_the_write(
    oldest_at: float, write: tuple[float, float], ripe_at: float
) -> None:
    pacing = Pacing(LINGER, oldest_at=oldest_at)
    pacing.wrote(*write)
    assert pacing.ripe_at() == pytest.approx(ripe_at)
