"""Places, room and turns: decided from the headers, and given back."""

import asyncio
import time
from contextlib import AsyncExitStack

import pytest

from services.ingest.intake import SLICE_SECONDS, Intake
from services.ingest.problems import Problem, Refused
from services.ingest.settings import IngestSettings

ROOM_BYTES = 1_000


def intake() -> Intake:
    return Intake(
        IngestSettings(
            max_in_flight_bytes=ROOM_BYTES, max_in_flight_requests=2, max_key_requests=2, turn_deadline_seconds=0.01
        )
    )


async def refusal(taken: Intake, declared_bytes: int) -> Problem:
    with pytest.raises(Refused) as caught:
        async with taken.request("other", declared_bytes):
            raise AssertionError("has a place")
    return caught.value.problem


async def test_the_room_that_headers_declare_is_taken_before_the_body_comes_and_given_back() -> None:
    taken = intake()
    async with taken.request("key", ROOM_BYTES - 10):
        assert await refusal(taken, 11) is Problem.OVERLOADED
        assert (taken.requests, taken.held_bytes) == (1, ROOM_BYTES - 10)
    assert (taken.requests, taken.held_bytes) == (0, 0)
    async with taken.request("other", ROOM_BYTES):
        assert taken.held_bytes == ROOM_BYTES


async def test_with_all_places_taken_the_next_is_refused_whatever_it_declares() -> None:
    taken = intake()
    async with AsyncExitStack() as places:
        for _ in range(2):
            await places.enter_async_context(taken.request("key", 0))
        assert await refusal(taken, 0) is Problem.OVERLOADED


def work() -> None:
    """As long as bodies are checked in one turn, and some more."""
    end = time.monotonic() + 2 * SLICE_SECONDS
    while time.monotonic() < end:
        pass


async def test_whose_turn_does_not_come_in_time_is_told_to_come_back() -> None:
    taken, seen = intake(), []

    async def check() -> None:
        try:
            async with taken.turn():
                work()
                seen.append("checked")
        except Refused as refused:
            seen.append(refused.problem.value)

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(check())
    assert seen == ["checked", "checked", "overloaded"]


async def test_between_two_large_bodies_the_loop_turns() -> None:
    taken, done = Intake(IngestSettings()), []

    async def check(name: str) -> None:
        async with taken.turn():
            work()
            done.append(name)

    def look() -> None:
        """Once in each turn of the loop."""
        if "third" not in done:
            done.append("others")
            asyncio.get_running_loop().call_soon(look)

    look()
    async with asyncio.TaskGroup() as group:
        for name in ("first", "second", "third"):
            group.create_task(check(name))
    assert [name for name in done if name != "others"] == ["first", "second", "third"]
    assert "others" in done[done.index("first") : done.index("second")]
    assert "others" in done[done.index("second") : done.index("third")]


async def test_small_bodies_share_a_turn() -> None:
    taken, done = Intake(IngestSettings()), list[str]()

    async def check(name: str) -> None:
        async with taken.turn():
            done.append(name)

    async with asyncio.TaskGroup() as group:
        for name in ("first", "second", "third"):
            group.create_task(check(name))
        asyncio.get_running_loop().call_soon(done.append, "others")
    assert done == ["first", "second", "third", "others"]
