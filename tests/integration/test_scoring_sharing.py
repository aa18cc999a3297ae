"""Blocks of several partitions in one insert, on a real engine: each exactly once, whatever becomes of the others."""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from services.scoring.fence import end_queries
from services.scoring.marks import Marks
from services.scoring.sharing import ALONE
from services.scoring.sink import Output, Sink, StoppedError, write_together
from services.scoring.writer import Writer, Written
from shared.errors import FencedError
from tests.support.sink_bench import SinkBench, block
from tests.support.waiting import eventually, wait_until

MAX_BYTES, MAX_ROWS = 1 << 20, 50_000
SMALL = 1_000
LARGE = int(ALONE * MAX_BYTES) + 1
DEADLINE_SECONDS = 20


def owning(bench: SinkBench, partitions: Iterable[int]) -> list[Sink]:
    sinks = [bench.sink(partition) for partition in partitions]
    for sink in sinks:
        sink.take_over()
    return sinks


def shared(writer: Writer, sinks: Iterable[Sink], last_offset: int) -> list[asyncio.Task[Written]]:
    """A block of each partition, ready at the same moment."""
    return [
        asyncio.create_task(writer.write(sink, block(last_offset, partition=sink.partition), SMALL)) for sink in sinks
    ]


async def outcomes(tasks: Iterable[asyncio.Task[Written]]) -> list[Written | BaseException]:
    async with asyncio.timeout(DEADLINE_SECONDS):
        return await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    async def asked() -> bool:
        return condition()

    await eventually(asked, deadline_seconds=DEADLINE_SECONDS, what="the lanes are there")


def write_shared(sinks: Iterable[Sink], last_offset: int) -> list[Written | BaseException]:
    async def run() -> list[Written | BaseException]:
        return await outcomes(shared(Writer(MAX_BYTES, MAX_ROWS), sinks, last_offset))

    return asyncio.run(run())


def test_blocks_that_are_ready_together_become_one_part_of_each_table_and_rest_alike(bench: SinkBench) -> None:
    written = write_shared(owning(bench, range(3)), 4)
    assert len(set(written)) == 1
    assert bench.inserted() == [(1, 3 * 4), (1, 3 * 7)]
    assert [bench.sink(partition).take_over() for partition in range(3)] == [Marks(4, 4)] * 3


def test_a_block_that_comes_alone_waits_for_nobody(bench: SinkBench) -> None:
    write_shared(owning(bench, [1]), 4)
    assert bench.held("events") == {1: [(4, 3)]}


def test_blocks_that_come_while_an_insert_runs_share_the_next_one(bench: SinkBench) -> None:
    async def run() -> None:
        writer, sinks = Writer(MAX_BYTES, MAX_ROWS), owning(bench, range(3))
        first = shared(writer, sinks[:1], 4)
        await until(lambda: writer._running is not None)
        later = shared(writer, sinks[1:], 4)
        await outcomes([*first, *later])
        assert later[0].result() == later[1].result() != first[0].result()

    asyncio.run(run())
    assert bench.inserted()[0] == (2, 3 * 4)


def test_a_lane_that_folds_is_waited_for_and_one_that_begins_to_is_not(bench: SinkBench) -> None:
    async def run() -> None:
        writer, sinks, folded = Writer(MAX_BYTES, MAX_ROWS), owning(bench, range(2)), asyncio.Event()

        async def folding() -> Written:
            with writer.folding(1):
                await folded.wait()
            return await writer.write(sinks[1], block(4, partition=1), SMALL)

        joining = asyncio.create_task(folding())
        await until(lambda: bool(writer._folding))
        waiting = shared(writer, sinks[:1], 4)
        await until(lambda: bool(writer._waiting))
        with writer.folding(2):
            folded.set()
            await outcomes([*waiting, joining])

    asyncio.run(run())
    assert bench.inserted()[0] == (1, 2 * 4)


def test_a_large_block_is_written_at_once_whoever_folds(bench: SinkBench) -> None:
    async def run() -> None:
        writer, [sink] = Writer(MAX_BYTES, MAX_ROWS), owning(bench, [0])
        with writer.folding(1):
            await writer.write(sink, block(4, partition=0), LARGE)

    asyncio.run(run())
    assert bench.held("ledger") == {0: [(4, 6)]}


def test_lanes_depart_with_the_first(bench: SinkBench) -> None:
    async def run() -> None:
        writer, now = Writer(MAX_BYTES, MAX_ROWS), asyncio.get_running_loop().time()
        others = [asyncio.create_task(writer.departure(now + 3_600)) for _ in range(2)]

        async def departed() -> bool:
            await writer.departure(now)
            return all(one.done() for one in others)

        await eventually(departed, deadline_seconds=DEADLINE_SECONDS, what="the others depart")

    asyncio.run(run())


def test_one_stale_token_is_refused_and_the_others_are_written_once(bench: SinkBench) -> None:
    sinks = owning(bench, range(3))
    write_shared(sinks, 0)
    heir = bench.sink(1)
    heir.take_over()
    written = write_shared(sinks, 4)
    assert [type(one) for one in written] == [Written, FencedError, Written]
    assert bench.held("events") == {0: [(0, 3), (4, 3)], 1: [(0, 3)], 2: [(0, 3), (4, 3)]}
    heir.write(block(4, partition=1))
    assert bench.held("ledger") == {partition: [(0, 6), (4, 6)] for partition in range(3)}


@pytest.mark.parametrize("table", ["events", "ledger"])
@pytest.mark.parametrize("lost", ["response", "request"])
def test_after_an_unknown_outcome_every_block_is_there_once(bench: SinkBench, table: str, lost: str) -> None:
    sinks = owning(bench, range(3))
    bench.lose(lost, table)
    written = write_shared(sinks, 4)
    assert bench.proxy.cuts == 1
    assert {type(one) for one in written} == {Written}
    assert bench.held("events") == {partition: [(4, 3)] for partition in range(3)}
    assert bench.held("ledger") == {partition: [(4, 6)] for partition in range(3)}


def test_a_block_that_cannot_be_sent_fails_by_itself(bench: SinkBench) -> None:
    async def run() -> list[Written | BaseException]:
        writer, sinks = Writer(MAX_BYTES, MAX_ROWS), owning(bench, range(3))
        unreadable = Output([("event", None)], [], 4, 1)
        broken = asyncio.create_task(writer.write(sinks[1], unreadable, SMALL))
        return await outcomes([*shared(writer, [sinks[0], sinks[2]], 4), broken])

    *others, broken = asyncio.run(run())
    assert [type(one) for one in others] == [Written, Written]
    assert isinstance(broken, Exception)
    assert bench.held("events") == {0: [(4, 3)], 2: [(4, 3)]}


def test_a_block_of_a_lane_that_closes_is_not_written_while_it_waits(bench: SinkBench) -> None:
    async def run() -> list[Written | BaseException]:
        writer, sinks = Writer(MAX_BYTES, MAX_ROWS), owning(bench, range(2))
        with writer.folding(9):
            tasks = shared(writer, sinks, 4)
            await until(lambda: len(writer._waiting) == len(tasks))
            sinks[0].stop()
            writer.drop(sinks[0])
            await asyncio.wait(tasks[:1], timeout=DEADLINE_SECONDS)
        with pytest.raises(StoppedError):
            await writer.write(sinks[0], block(4, partition=0), SMALL)
        return await outcomes(tasks)

    assert [type(one) for one in asyncio.run(run())] == [StoppedError, Written]
    assert bench.held("events") == {1: [(4, 3)]}


def test_after_a_crash_between_the_tables_a_block_shares_the_insert_into_the_ledger_alone(bench: SinkBench) -> None:
    [crashed] = owning(bench, [1])
    crashed._insert_once("events", block(4, partition=1))
    write_shared(owning(bench, range(3)), 4)
    assert bench.held("events") == {partition: [(4, 3)] for partition in range(3)}
    assert bench.inserted() == [(2, 3 * 4), (1, 3 * 7)]


def test_a_take_over_ends_the_inserts_with_rows_of_its_partition_and_no_others(bench: SinkBench) -> None:
    slow = "SELECT sleepEachRow(0.1) FROM numbers(600) SETTINGS max_block_size = 1"
    groups = {(1,): True, (0, 1, 11): True, (11,): False, (0, 11, 111): False}
    ids = {bench.tables.query_id(group, "x-1"): ended for group, ended in groups.items()}
    everything = f"startsWith(query_id, 'scoring-{bench.tables.database}-1-')"

    def running() -> set[str]:
        sql = f"SELECT query_id FROM system.processes WHERE {everything}"  # noqa: S608 - own names
        return {row[0] for row in bench.direct.query(sql).result_rows}

    with ThreadPoolExecutor(len(ids)) as threads:
        queries = {one: threads.submit(bench.client.command, slow, settings={"query_id": one}) for one in ids}
        try:
            wait_until(lambda: len(running()) == len(ids), deadline_seconds=DEADLINE_SECONDS, what="all run")
            end_queries(bench.direct, bench.tables.inserts_of(1))
            assert running() == {one for one, ended in ids.items() if not ended}
        finally:
            end_queries(bench.direct, everything)
        assert all(isinstance(one.exception(DEADLINE_SECONDS), DatabaseError) for one in queries.values())


@pytest.mark.parametrize("claims", [True, False], ids=["by a claim", "by its id"])
def test_a_shared_insert_that_is_ended_on_its_way_is_there_whole_or_not_at_all(bench: SinkBench, claims: bool) -> None:
    rows, blocks_each = 10_000, 3
    running = f"SELECT count() FROM system.processes WHERE {bench.tables.inserts_of(2)}"  # noqa: S608 - own names
    for last_offset in range(blocks_each):
        sinks = owning(bench, range(3))
        blocks = [(sink, block(last_offset, rows, sink.partition)) for sink in sinks]
        with ThreadPoolExecutor(1) as threads:
            tried = threads.submit(write_together, blocks)
            wait_until(
                lambda tried=tried: tried.done() or bench.direct.query(running).result_rows[0][0],  # type: ignore[misc]
                deadline_seconds=DEADLINE_SECONDS,
                what="the insert runs",
            )
            if claims:
                sinks[1] = bench.sink(1)
                sinks[1].take_over()
            else:
                end_queries(bench.direct, bench.tables.inserts_of(1))
            failed = tried.exception(DEADLINE_SECONDS) is not None
        for sink, (_, output) in zip(sinks, blocks, strict=True):
            sink.write(output, doubtful=failed and sink.token == blocks[sink.partition][0].token)
    for table, each in (("events", rows), ("ledger", 2 * rows)):
        assert bench.held(table) == {partition: [(at, each) for at in range(blocks_each)] for partition in range(3)}


def test_whatever_breaks_in_whatever_company_every_partition_has_every_block_once(bench: SinkBench) -> None:
    random, sinks = Random(16), dict(enumerate(owning(bench, range(4))))
    sent: dict[int, list[int]] = {partition: [] for partition in sinks}
    for last_offset in range(20):
        group = random.sample(sorted(sinks), random.randint(1, 4))
        fault = random.choice(["none", "request", "response", "heir"])
        if fault in ("request", "response"):
            bench.lose(fault, random.choice(["events", "ledger"]))
        heirs = {}
        if fault == "heir":
            heirs = {group[0]: bench.sink(group[0])}
            heirs[group[0]].take_over()
        written = write_shared([sinks[partition] for partition in group], last_offset)
        refused = [partition for partition, one in zip(group, written, strict=True) if not isinstance(one, Written)]
        assert refused == list(heirs)
        for partition, heir in heirs.items():
            heir.write(block(last_offset, partition=partition))
            sinks[partition] = heir
        for partition in group:
            sent[partition].append(last_offset)
    for table, rows in (("events", 3), ("ledger", 6)):
        assert bench.held(table) == {partition: [(offset, rows) for offset in sent[partition]] for partition in sinks}
