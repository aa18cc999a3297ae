"""Places, room and turns: decided from the headers, and given back."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from services.ingest.intake import TURN_BYTES, Intake
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


async def test_whose_turn_does_not_come_in_time_is_told_to_come_back() -> None:
    taken = intake()
    async with taken.turn(TURN_BYTES):
        with pytest.raises(Refused) as caught:
            async with taken.turn(TURN_BYTES):
                raise AssertionError("has the turn")
    assert caught.value.problem is Problem.OVERLOADED
    async with taken.turn(TURN_BYTES):
        pass


async def test_between_two_large_bodies_the_loop_turns_and_small_ones_do_not_wait() -> None:
    taken, done = Intake(IngestSettings()), []

    async def work(name: str, size: int) -> None:
        async with taken.turn(size):
            done.append(name)

    def look() -> None:
        """Once in each turn of the loop."""
        if "second" not in done:
            done.append("others")
            asyncio.get_running_loop().call_soon(look)

    async with asyncio.TaskGroup() as group:
        for name, size in (("first", TURN_BYTES), ("second", TURN_BYTES), ("small", TURN_BYTES - 1)):
            group.create_task(work(name, size))
        look()
    assert done.index("small") < done.index("second")
    assert "others" in done[done.index("first") : done.index("second")]
