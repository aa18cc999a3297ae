"""The board for many screens: those that ask at the same moment share one query, and never an older answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import date

from services.api import queries
from services.api.queries import Reader, Row, Scope

Key = tuple[str, date]

LONGEST_REST_SECONDS = 0.5
"""After a query the next one waits as long as it took, and no longer than this. Screens that ask again at each move
would otherwise keep a core busy that inserts and alerts need."""


class Boards:
    """All cells of a period. A question that comes while a query runs waits for the next one, so that its answer knows
    everything that was known when it was asked; all that wait share it. So at most one query runs and one waits."""

    def __init__(self, reader: Reader, rest: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """`rest` is given seconds."""
        self._reader = reader
        self._rest = rest
        self._busy: dict[Key, asyncio.Task[None]] = {}
        self._next: dict[Key, asyncio.Task[list[Row]]] = {}

    async def rows(self, scope: Scope) -> list[Row]:
        """Rows of the scope in the order of the plan. Raises `RetryableError`."""
        return [row for row in await self._whole(scope) if scope.covers(row)]

    async def _whole(self, scope: Scope) -> list[Row]:
        key = (scope.period, scope.as_of)
        busy = self._busy.get(key)
        if busy is None:
            return await asyncio.shield(self._start(key))
        if key not in self._next:
            self._next[key] = asyncio.create_task(self._after(busy, key))
        return await asyncio.shield(self._next[key])

    def _start(self, key: Key) -> asyncio.Task[list[Row]]:
        query = asyncio.create_task(queries.board(self._reader, Scope(*key)))
        self._busy[key] = asyncio.create_task(self._until_rested(key, query))
        return query

    async def _after(self, busy: asyncio.Task[None], key: Key) -> list[Row]:
        await asyncio.wait([busy])
        self._next.pop(key)
        return await self._start(key)

    async def _until_rested(self, key: Key, query: asyncio.Task[list[Row]]) -> None:
        began = time.monotonic()
        await asyncio.wait([query])
        await self._rest(min(time.monotonic() - began, LONGEST_REST_SECONDS))
        del self._busy[key]
