import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from services.api.boards import Boards
from services.api.queries import Row, Scope
from shared.errors import RetryableError

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


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_screens_that_ask_while_a_query_runs_share_the_next_one() -> None:
    reader = SlowReader()
    boards = Boards(reader)
    first = asyncio.create_task(boards.rows(SCOPE))
    await settle()
    late = [asyncio.create_task(boards.rows(SCOPE)) for _ in range(5)]
    await settle()
    assert reader.asked == 1
    reader.let.release()
    await settle()
    assert reader.asked == 2
    reader.let.release()
    assert [row["asked"] for row in await first] == [1]
    assert [[row["asked"] for row in await one] for one in late] == [[2]] * 5


async def test_another_day_does_not_wait_for_this_one() -> None:
    reader = SlowReader()
    boards = Boards(reader)
    tasks = [asyncio.create_task(boards.rows(Scope("2026", date(2026, 7, day)))) for day in (1, 2)]
    await settle()
    assert reader.asked == 2
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
    await settle()
    staying = asyncio.create_task(boards.rows(SCOPE))
    await settle()
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
