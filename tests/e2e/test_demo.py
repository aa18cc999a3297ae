"""`make demo` ends at a wallboard with every indicator, alerts among them, that moves by itself."""

from collections.abc import Iterator

import httpx
import pytest

from tests.support.stack import LocalStack
from tests.support.waiting import wait_until

INDICATORS = 23
MOVES_WITHIN_SECONDS = 30


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    stack = LocalStack(tmp_path_factory.mktemp("demo"), {"CHITIEU_API_OPEN_BOARD": "true"})
    stack.start("demo")
    yield stack
    stack.stop()


@pytest.fixture(scope="module")
def board(demo: LocalStack) -> Iterator[httpx.Client]:
    """A client of the demonstration's api."""
    with httpx.Client(base_url=demo.url("api"), timeout=MOVES_WITHIN_SECONDS) as client:
        yield client


def test_the_demonstration_fills_every_indicator_and_moves(board: httpx.Client) -> None:
    first = board.get("/v1/board").raise_for_status().json()
    assert len({cell["indicator"] for cell in first["cells"]}) == INDICATORS

    def moved() -> bool:
        return bool(board.get("/v1/board").raise_for_status().json()["stamp"] != first["stamp"])

    wait_until(moved, deadline_seconds=MOVES_WITHIN_SECONDS, what="a newer stamp")


def test_the_demonstration_shows_an_alert(board: httpx.Client) -> None:
    wait_until(
        lambda: bool(board.get("/v1/alerts").raise_for_status().json()["alerts"]),
        deadline_seconds=MOVES_WITHIN_SECONDS,
        what="an alert",
    )


def test_the_wallboard_is_served(board: httpx.Client) -> None:
    assert "text/html" in board.get("/").raise_for_status().headers["content-type"]


def test_the_status_tells_that_events_are_still_sent(demo: LocalStack) -> None:
    lines = demo.run("deploy.local.stack", "status").stdout.splitlines()
    assert [line.split()[1] for line in lines if line.startswith("simulator")] == ["RUNNING"]
