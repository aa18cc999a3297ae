import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from services.api.boards import LONGEST_REST_SECONDS, Boards
from services.api.queries import Row, Scope
from shared.errors import RetryableError
from tests.support.waiting import eventually

SCOPE = Scope("2026", date(2026, 7, 15))


class SlowReader:
    """Answers when it is let; each answer names how many questions there were when it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.let = asyncio.Semaphore(0)
        self.broken = False

    async def rows(self, sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        del sql, parameters
        self.asked += 1
        mine = self.asked
        await self.let.acquire()
        if self.broken:
            raise RetryableError("away")
        row = {"unit": "u", "indicator": "i", "unit_kind": "xa", "unit_level": "commune", "asked": mine}
        return [row]


DEADLINE_SECONDS = 10


async def until_asked(reader: SlowReader, times: int) -> None:
    async def asked() -> bool:
        return reader.asked == times

    await eventually(asked, deadline_seconds=DEADLINE_SECONDS, what=f"question {times}")


async def begun(*tasks: asyncio.Task[list[Row]]) -> None:
    """Every task has run up to its first wait, and none is answered."""
    done, _ = await asyncio.wait(tasks, timeout=0)
    assert not done


async def test_screens_that_ask_while_a_query_runs_share_the_next_one() -> None:
    reader = SlowReader()
    boards = Boards(reader)
    first = asyncio.create_task(boards.rows(SCOPE))
    await until_asked(reader, 1)
    late = [asyncio.create_task(boards.rows(SCOPE)) for _ in range(5)]
    await begun(*late)
    assert reader.asked == 1
    reader.let.release()
    await until_asked(reader, 2)
    reader.let.release()
    assert [row["asked"] for row in await first] == [1]
    assert [[row["asked"] for row in await one] for one in late] == [[2]] * 5


async def test_after_a_query_the_next_one_waits_as_long_as_it_took_and_whoever_asked_does_not() -> None:
    reader, rests, rested = SlowReader(), list[float](), asyncio.Event()

    async def rest(seconds: float) -> None:
        rests.append(seconds)
        await rested.wait()

    boards = Boards(reader, rest)
    reader.let.release()
    reader.let.release()
    assert [row["asked"] for row in await boards.rows(SCOPE)] == [1]
    next_ones = [asyncio.create_task(boards.rows(SCOPE)) for _ in range(2)]
    await begun(*next_ones)
    assert reader.asked == 1
    rested.set()
    assert [[row["asked"] for row in await one] for one in next_ones] == [[2]] * 2
    assert 0 < rests[0] <= LONGEST_REST_SECONDS


async def test_another_day_does_not_wait_for_this_one() -> None:
    reader = SlowReader()
    boards = Boards(reader)
    tasks = [asyncio.create_task(boards.rows(Scope("2026", date(2026, 7, day)))) for day in (1, 2)]
    await until_asked(reader, 2)
    reader.let.release()
    reader.let.release()
    await asyncio.gather(*tasks)


async def test_a_failed_query_fails_those_who_shared_it_and_nobody_after() -> None:
    reader = SlowReader()
    boards = Boards(reader)
    reader.broken = True
    reader.let.release()
    with pytest.raises(RetryableError):
        await boards.rows(SCOPE)
    reader.broken = False
    reader.let.release()
    assert len(await boards.rows(SCOPE)) == 1


async def test_a_screen_that_leaves_does_not_end_the_query_of_the_others() -> None:
    reader = SlowReader()
    boards = Boards(reader)
    leaving = asyncio.create_task(boards.rows(SCOPE))
    await until_asked(reader, 1)
    staying = asyncio.create_task(boards.rows(SCOPE))
    await begun(staying)
    leaving.cancel()
    reader.let.release()
    reader.let.release()
    assert len(await staying) == 1


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        ({}, True), ({"unit": "u"}, True), ({"unit": "v"}, False), ({"indicator": "j"}, False),
        ({"level": "units"}, True), ({"level": "whole"}, False), ({"level": "commune"}, True),
        ({"level": "external"}, False),
    ],
)  # fmt: skip
async def test_a_scope_keeps_only_its_own_cells(scope: dict[str, str], seen: bool) -> None:
    reader = SlowReader()
    reader.let.release()
    rows = await Boards(reader).rows(Scope("2026", date(2026, 7, 15), **scope))
    assert bool(rows) is seen
