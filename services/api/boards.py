"""The board for many screens: those that ask at the same moment share one query, and never an older answer."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date

from services.api import queries
from services.api.queries import Reader, Row, Scope

Key = tuple[str, date]


class Boards:
    """All cells of a period. A question that comes while a query runs waits for the next one, so that its answer knows
    everything that was known when it was asked; all that wait share it. So at most one query runs and one waits."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._running: dict[Key, asyncio.Task[list[Row]]] = {}
        self._next: dict[Key, asyncio.Task[list[Row]]] = {}

    async def rows(self, scope: Scope) -> list[Row]:
        """Rows of the scope in the order of the plan. Raises `RetryableError`."""
        return [row for row in await self._whole(scope) if scope.covers(row)]

    async def _whole(self, scope: Scope) -> list[Row]:
        key = (scope.period, scope.as_of)
        running = self._running.get(key)
        if running is None:
            return await asyncio.shield(self._start(key))
        if key not in self._next:
            self._next[key] = asyncio.create_task(self._after(running, key))
        return await asyncio.shield(self._next[key])

    def _start(self, key: Key) -> asyncio.Task[list[Row]]:
        task = asyncio.create_task(queries.board(self._reader, Scope(*key)))
        self._running[key] = task
        task.add_done_callback(self._forget(key))
        return task

    async def _after(self, running: asyncio.Task[list[Row]], key: Key) -> list[Row]:
        await asyncio.wait([running])
        self._next.pop(key)
        return await self._start(key)

    def _forget(self, key: Key) -> Callable[[Awaitable[list[Row]]], None]:
        def forget(task: Awaitable[list[Row]]) -> None:
            if self._running.get(key) is task:
                del self._running[key]

        return forget
