"""Ending queries by their clients' ids, which fencing relies on; the same for the embedded engine and a server."""
# ruff: noqa: S608 - the names are those of the test's own tables

import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from tests.support.engine import Server
from tests.support.waiting import wait_until

SLOW = "SELECT sleepEachRow(0.1) FROM numbers(600) SETTINGS max_block_size = 1"
"""A minute, in steps of a tenth of a second."""
DEADLINE_SECONDS = 20


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as threads:
        yield threads


def _ids(writer: Client, prefix: str) -> set[str]:
    question = "SELECT query_id FROM system.processes WHERE startsWith(query_id, {p:String})"
    return {row[0] for row in writer.query(question, parameters={"p": prefix}).result_rows}


def _start(pool: ThreadPoolExecutor, client: Client, query_id: str) -> "Future[object]":
    return pool.submit(client.command, SLOW, settings={"query_id": query_id})


def _wait_for(writer: Client, ids: set[str], prefix: str) -> None:
    wait_until(lambda: _ids(writer, prefix) == ids, deadline_seconds=DEADLINE_SECONDS, what=f"{len(ids)} run")


def _wait_until_it_ran_for(writer: Client, query_id: str, seconds: float, insert: "Future[Any]") -> None:
    """Each round ends the insert at a later moment of its life."""
    question = "SELECT count() FROM system.processes WHERE query_id = {q:String} AND elapsed >= {s:Float64}"
    wait_until(
        lambda: insert.done() or bool(writer.query(question, {"q": query_id, "s": seconds}).result_rows[0][0]),
        deadline_seconds=DEADLINE_SECONDS,
        what="insert runs",
    )


def test_a_query_is_ended_by_its_id(server: Server, writer: Client, pool: ThreadPoolExecutor, unique: str) -> None:
    slow = _start(pool, server.writer(), unique)
    _wait_for(writer, {unique}, unique)
    answer = writer.command(f"KILL QUERY WHERE query_id = '{unique}' SYNC")
    assert isinstance(answer, list)
    assert answer[:3] == ["finished", unique, "writer"]
    assert _ids(writer, unique) == set()
    with pytest.raises(DatabaseError) as caught:
        slow.result(DEADLINE_SECONDS)
    assert caught.value.code == 394


def test_queries_of_all_sessions_are_ended_by_prefix_and_others_go_on(
    server: Server, writer: Client, pool: ThreadPoolExecutor, unique: str
) -> None:
    ours = {f"{unique}-1-{n}": _start(pool, server.writer(), f"{unique}-1-{n}") for n in range(3)}
    other = _start(pool, server.reader(), f"{unique}-2")
    _wait_for(writer, {*ours, f"{unique}-2"}, unique)
    writer.command(f"KILL QUERY WHERE query_id LIKE '{unique}-1-%' SYNC")
    assert _ids(writer, unique) == {f"{unique}-2"}
    assert not other.done()
    writer.command(f"KILL QUERY WHERE query_id = '{unique}-2' SYNC")
    for query in (*ours.values(), other):
        assert isinstance(query.exception(DEADLINE_SECONDS), DatabaseError)


def test_killing_nothing_is_no_error(writer: Client, unique: str) -> None:
    writer.command(f"KILL QUERY WHERE query_id = '{unique}' SYNC")


def test_a_killed_insert_wrote_everything_or_nothing(
    server: Server, writer: Client, pool: ThreadPoolExecutor, unique: str
) -> None:
    many = 1_500_000
    writer.command(f"CREATE DATABASE {unique} ENGINE = Atomic")
    writer.command(f"CREATE TABLE {unique}.t (n UInt64, s String) ENGINE = MergeTree ORDER BY cityHash64(n)")
    block = writer.raw_query(f"SELECT number AS n, toString(number) AS s FROM numbers({many})", fmt="Native")
    settings = {"async_insert": 0, "max_insert_block_size": 10**8, "min_insert_block_size_rows": 10**8}
    settings |= {"min_insert_block_size_bytes": 0, "max_insert_block_size_bytes": 0, "max_insert_threads": 1}
    written = 0
    for attempt in range(5):
        query_id = f"{unique}-{attempt}"
        named = {**settings, "query_id": query_id}
        insert = pool.submit(server.writer().raw_insert, f"{unique}.t", ["n", "s"], block, named, "Native")
        _wait_until_it_ran_for(writer, query_id, attempt * 0.05, insert)
        writer.command(f"KILL QUERY WHERE query_id = '{query_id}' SYNC")
        after = int(writer.query(f"SELECT count() FROM {unique}.t").result_rows[0][0])
        assert after - written in {0, many}
        insert.exception(DEADLINE_SECONDS)
        assert writer.query(f"SELECT count() FROM {unique}.t").result_rows == [(after,)]
        written = after
    writer.command(f"DROP DATABASE {unique} SYNC")


def test_an_id_that_runs_is_not_given_twice(
    server: Server, writer: Client, pool: ThreadPoolExecutor, unique: str
) -> None:
    slow = _start(pool, server.writer(), unique)
    _wait_for(writer, {unique}, unique)
    with pytest.raises(DatabaseError) as caught:
        writer.command("SELECT 1", settings={"query_id": unique})
    assert caught.value.code == 216
    writer.command(f"KILL QUERY WHERE query_id = '{unique}' SYNC")
    assert isinstance(slow.exception(DEADLINE_SECONDS), DatabaseError)


def test_a_query_ends_when_its_client_goes_away(server: Server, writer: Client, unique: str) -> None:
    target = f"/?query_id={unique}&cancel_http_readonly_queries_on_client_close=1"
    head = f"POST {target} HTTP/1.1\r\nHost: x\r\nX-ClickHouse-User: writer\r\nContent-Length: {len(SLOW)}\r\n"
    with closing(socket.create_connection((server.host, server.port))) as client:
        client.sendall(f"{head}X-ClickHouse-Key: {server.writer_password}\r\n\r\n{SLOW}".encode())
        _wait_for(writer, {unique}, unique)
    _wait_for(writer, set(), unique)


def test_slow_reads_hold_up_neither_inserts_nor_control(
    server: Server, writer: Client, pool: ThreadPoolExecutor, unique: str
) -> None:
    reader = server.reader()
    writer.command(f"CREATE DATABASE {unique} ENGINE = Atomic")
    writer.command(f"CREATE TABLE {unique}.t (n UInt64) ENGINE = MergeTree ORDER BY n")
    writer.insert(f"{unique}.t", [[1]], column_names=["n"])
    slow = [_start(pool, reader, f"{unique}-{n}") for n in range(8)]
    wait_until(lambda: len(_ids(writer, unique)) >= 4, deadline_seconds=DEADLINE_SECONDS, what="reads run")
    writer.insert(f"{unique}.t", [[1]], column_names=["n"])
    assert not any(one.done() for one in slow)
    writer.command(f"KILL QUERY WHERE query_id LIKE '{unique}-%' SYNC")
    assert all(isinstance(one.exception(DEADLINE_SECONDS), DatabaseError) for one in slow)
    writer.command(f"DROP DATABASE {unique} SYNC")
