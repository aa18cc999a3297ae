"""Fills a new version of the projection beside the live one, and switches over when it has caught up.

The new version is filled by the very lanes that a worker has. Only where their records come from differs: a plain
reader of the log, bounded by the live version's marks, so that in both a block ends there and they can be compared.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from clickhouse_connect.driver.client import Client

from services.scoring.audit import CellDay, cell_name
from services.scoring.fence import Fence
from services.scoring.lane import Lane, Wiring
from services.scoring.marks import Marks, read_marks
from services.scoring.restore import SEED_OFFSET
from services.scoring.sheet import Amounts
from services.scoring.tables import Tables
from shared.errors import FencedError, RetryableError
from shared.schema.projections import activate, switch_views

POLL_SECONDS = 0.05
CLOSE_RECORDS = 200
"""So near to the live version the rest takes well under a second."""

TAKEN_OVER_SECONDS = 120
"""A live worker that has taken the new version over reaches the old marks within seconds of its start."""

Progress = Callable[[int], None]
"""Told how many records of the log are processed, over all partitions."""


class Filling:
    """The lanes of a version that no worker fills yet. `reach` may be called again and again, with growing marks."""

    def __init__(self, wiring: Wiring, progress: Progress) -> None:
        self._wiring = wiring
        self._progress = progress
        self._lanes = {p: Lane(wiring, p) for p in range(wiring.settings.partitions)}
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def start(self) -> None:
        """Takes every partition over: another rebuild of the same version is fenced."""
        for lane in self._lanes.values():
            lane.start(self._failed)

    async def reach(self, marks: Mapping[int, int]) -> None:
        """Returns when everything up to the marks is in the tables. Raises what ended a lane."""
        feeding = asyncio.create_task(self._feed_all(marks))
        try:
            await asyncio.wait({feeding, self._failure}, return_when=asyncio.FIRST_COMPLETED)
            if self._failure.done():
                self._failure.result()
            await feeding
        finally:
            feeding.cancel()
            with suppress(asyncio.CancelledError):
                await feeding

    async def close(self) -> None:
        """Releases the stores, for the workers that go on with them."""
        await asyncio.gather(*(lane.close() for lane in self._lanes.values()))

    def _failed(self, partition: int, error: BaseException) -> None:
        if not self._failure.done():
            kind = FencedError if isinstance(error, FencedError) else RetryableError
            failure = kind(f"partition {partition}: {type(error).__name__}: {error}")
            failure.__cause__ = error
            self._failure.set_exception(failure)

    async def _feed_all(self, marks: Mapping[int, int]) -> None:
        await asyncio.gather(*(self._feed(self._lanes[partition], mark) for partition, mark in marks.items()))

    async def _feed(self, lane: Lane, last: int) -> None:
        while not lane.ready.is_set():
            self._tell()
            # Not `wait_for`: before Python 3.12 it swallows a cancellation that comes together with the event.
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await lane.ready.wait()
        async for chunk in self._wiring.reader.records(lane.partition, lane.wanted, last):
            for record in chunk:
                lane.offer(record)
                await lane.room()
            self._tell()
        while lane.position < last:
            self._tell()
            await asyncio.sleep(POLL_SECONDS)
        self._tell()

    def _tell(self) -> None:
        self._progress(sum(lane.position + 1 for lane in self._lanes.values()))


@dataclass(frozen=True)
class Move:
    """A cell and day that differs between two versions."""

    cell: CellDay
    before: Amounts
    after: Amounts

    def __str__(self) -> str:
        return f"{cell_name(self.cell)}: {_amounts(self.before)} → {_amounts(self.after)}"


def _amounts(amounts: Amounts) -> str:
    num, den, excluded = amounts
    return f"{num}/{den}" + (f" +{excluded} excluded" if excluded else "")


class Switch:
    """From the live version to the new one. `client` blocks; every step may be repeated after an interruption."""

    def __init__(self, client: Client, live: Tables, wiring: Wiring, filling: Filling) -> None:
        self._client = client
        self._live = live
        self._wiring = wiring
        self._filling = filling
        self._partitions = range(wiring.settings.partitions)

    async def catch_up(self) -> dict[int, int]:
        """The live ledger's marks, once the new version has them and is close behind; in both a block ends there."""
        while True:
            marks = await self._ledger_marks()
            await self._filling.reach(marks)
            if sum((await self._ledger_marks()).values()) - sum(marks.values()) <= CLOSE_RECORDS:
                return marks

    async def moves(self, marks: Mapping[int, int]) -> list[Move]:
        """Every cell and day that the switch moves, up to the marks that `catch_up` returned."""
        return await asyncio.to_thread(moves, self._client, self._live, self._wiring.tables, marks)

    async def over(self) -> None:
        """Switches. The live version's marks stand still before the views move, so no reader goes back in time."""
        await self._filling.reach(await self._retire())
        await asyncio.to_thread(activate, self._client, self._live.database, self._wiring.tables.version)
        # A live worker may have claimed between the two: from here on it cannot, so these marks are the last.
        marks = await self._retire()
        try:
            await self._filling.reach(marks)
        except FencedError:
            await self._taken_over(marks)
        await self._filling.close()
        await asyncio.to_thread(switch_views, self._client, self._live.database, self._wiring.tables.version)
        self._wiring.announcer.quiet = False
        for partition, mark in marks.items():
            await self._wiring.announcer.everything(partition, mark)

    async def _retire(self) -> dict[int, int]:
        """What the live version is left with; after a crash its events table may be ahead of its ledger."""
        left = await self._on_all(lambda p: Fence(self._client, self._live, p).retire())
        return {p: max(marks.events, marks.ledger, SEED_OFFSET) for p, marks in left.items()}

    async def _ledger_marks(self) -> dict[int, int]:
        found = await self._on_all(lambda p: read_marks(self._client, self._live, p))
        return {p: max(marks.ledger, SEED_OFFSET) for p, marks in found.items()}

    async def _taken_over(self, marks: Mapping[int, int]) -> None:
        """A worker of the new version is there already and does the rest."""
        async with asyncio.timeout(TAKEN_OVER_SECONDS):
            while True:
                now = await self._on_all(lambda p: read_marks(self._client, self._wiring.tables, p))
                if all(min(now[p].events, now[p].ledger) >= mark for p, mark in marks.items()):
                    return
                await asyncio.sleep(POLL_SECONDS)

    async def _on_all(self, ask: Callable[[int], Marks]) -> dict[int, Marks]:
        return {partition: await asyncio.to_thread(ask, partition) for partition in self._partitions}


def moves(client: Client, before: Tables, after: Tables, marks: Mapping[int, int]) -> list[Move]:
    """Cells and days that differ between two versions, both up to the marks. Blocks."""
    bound = " OR ".join(f"(partition = {partition} AND offset <= {mark})" for partition, mark in marks.items())
    sides = " UNION ALL ".join(
        f"SELECT {side} AS side, reading, unit, day, reason, num, den, excluded FROM {tables.ledger}"  # noqa: S608
        f" WHERE kind = 'entry' AND ({bound})"
        for side, tables in enumerate((before, after))
    )
    sums = [f"sumIf({amount}, side = {side})" for side in (0, 1) for amount in ("num", "den", "excluded")]
    sql = f"""
        SELECT reading, unit, toInt32(day), reason, {", ".join(sums)} FROM ({sides})
        GROUP BY reading, unit, day, reason
        HAVING {" OR ".join(f"{a} != {b}" for a, b in zip(sums[:3], sums[3:], strict=True))}
        ORDER BY reading, unit, day, reason"""  # noqa: S608 - own names and numbers
    return [Move(tuple(row[:4]), tuple(row[4:7]), tuple(row[7:])) for row in client.query(sql).result_rows]
