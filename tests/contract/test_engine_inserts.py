"""What the writers rely on when they insert; the same for the embedded engine and a ClickHouse server."""
# ruff: noqa: S608 - the names are those of the test's own tables

from collections.abc import Iterator

import pyarrow as pa
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from tests.support.engine import Server

ONE_PART: dict[str, int] = {
    "async_insert": 0,
    "max_insert_threads": 1,
    "max_insert_block_size": 100_000_000,
    "min_insert_block_size_rows": 100_000_000,
    "min_insert_block_size_bytes": 0,
    "max_insert_block_size_bytes": 0,
}
COLUMNS = ["partition", "token", "n", "s"]
MANY = 1_200_000
"""With the default settings these rows become two parts."""


@pytest.fixture
def table(writer: Client, unique: str) -> Iterator[str]:
    """A table whose rows must carry the token of their partition's owner, as the ledger's."""
    writer.command(f"CREATE DATABASE {unique} ENGINE = Atomic")
    writer.command(
        f"CREATE TABLE {unique}.owners (partition UInt16, token UInt64) ENGINE = Join(ANY, LEFT, partition) "
        "SETTINGS join_any_take_last_row = 1"
    )
    writer.command(
        f"CREATE TABLE {unique}.t (partition UInt16, token UInt64, n UInt64, s String, "
        f"CONSTRAINT owner CHECK joinGet('{unique}.owners', 'token', partition) = token, "
        "PROJECTION sums (SELECT partition, sum(n), max(n) GROUP BY partition)) ENGINE = MergeTree ORDER BY n"
    )
    writer.command(f"INSERT INTO {unique}.owners VALUES (1, 5)")
    yield f"{unique}.t"
    writer.command(f"DROP DATABASE {unique} SYNC")


def _rows(count: int, token: int = 5) -> list[list[object]]:
    return [[1, token, n, f"đối tượng {n}"] for n in range(count)]


def _count(writer: Client, table: str) -> int:
    return int(writer.query(f"SELECT count() FROM {table}").result_rows[0][0])


def _parts(writer: Client, table: str) -> int:
    database, name = table.split(".")
    where = "database = {d:String} AND table = {t:String} AND active"
    question = f"SELECT count() FROM system.parts WHERE {where}"
    return int(writer.query(question, parameters={"d": database, "t": name}).result_rows[0][0])


@pytest.mark.parametrize("compress", ["lz4", "zstd", "gzip", False])
def test_rows_arrive_whole_in_every_coding(server: Server, table: str, compress: str | bool) -> None:
    client = server.writer(compress=compress)
    summary = client.insert(table, _rows(20_000), column_names=COLUMNS)
    assert summary.written_rows == 20_000
    assert client.query(f"SELECT n, s FROM {table} WHERE n > 19997 ORDER BY n").result_rows == [
        (19_998, "đối tượng 19998"),
        (19_999, "đối tượng 19999"),
    ]


def test_arrow_rows_arrive(writer: Client, table: str) -> None:
    n = pa.array(range(1000), pa.uint64())
    of = pa.array([1] * 1000, pa.uint16())
    rows = pa.table({"partition": of, "token": pa.array([5] * 1000, pa.uint64()), "n": n, "s": ["x"] * 1000})
    writer.insert_arrow(table, rows)
    assert writer.query(f"SELECT count(), sum(n) FROM {table}").result_rows == [(1000, 499_500)]


@pytest.mark.parametrize(
    ("format_name", "block"),
    [
        ("CSV", '1,5,7,"a,b"\n1,5,8,c\n'),
        ("JSONEachRow", b'{"partition":1,"token":5,"n":7,"s":"a,b"}\n{"partition":1,"token":5,"n":8,"s":"c"}'),
        ("TabSeparated", b"1\t5\t7\ta,b\n1\t5\t8\tc\n"),
        ("Values", b"(1, 5, 7, 'a,b'), (1, 5, 4 + 4, 'c')"),
    ],
)
def test_text_rows_arrive(writer: Client, table: str, format_name: str, block: str | bytes) -> None:
    writer.raw_insert(table, COLUMNS, block, fmt=format_name)
    assert writer.query(f"SELECT n, s FROM {table} ORDER BY n").result_rows == [(7, "a,b"), (8, "c")]


def test_values_in_the_statement_take_parameters(writer: Client, table: str) -> None:
    writer.command(f"INSERT INTO {table} VALUES (1, 5, 1, {{s:String}})", parameters={"s": "a'); DROP"})
    assert writer.query(f"SELECT s FROM {table}").result_rows == [("a'); DROP",)]


def test_rows_can_come_from_a_select(writer: Client, table: str) -> None:
    writer.command(f"INSERT INTO {table} SELECT 1, 5, number, '' FROM numbers(10)")
    assert _count(writer, table) == 10


@pytest.mark.parametrize("arrow", [False, True])
def test_one_insert_becomes_one_part(writer: Client, table: str, arrow: bool) -> None:
    question = f"SELECT toUInt16(1) AS partition, toUInt64(5) AS token, number AS n, '' AS s FROM numbers({MANY})"
    block = writer.raw_query(question, fmt="ArrowStream" if arrow else "Native")
    writer.raw_insert(table, COLUMNS, block, fmt="ArrowStream" if arrow else "Native", settings=ONE_PART)
    assert (_count(writer, table), _parts(writer, table)) == (MANY, 1)


def test_a_stale_owners_rows_are_refused_whole(writer: Client, table: str) -> None:
    rows = [*_rows(100), *_rows(1, token=4)]
    with pytest.raises(DatabaseError) as caught:
        writer.insert(table, rows, column_names=COLUMNS, settings=ONE_PART)
    assert caught.value.code == 469
    assert _count(writer, table) == 0


def test_a_new_owner_takes_over_at_once(writer: Client, table: str) -> None:
    writer.insert(table, _rows(1), column_names=COLUMNS)
    writer.command(f"INSERT INTO {table.partition('.')[0]}.owners VALUES (1, 6)")
    with pytest.raises(DatabaseError):
        writer.insert(table, _rows(1), column_names=COLUMNS)
    writer.insert(table, _rows(1, token=6), column_names=COLUMNS)
    assert _count(writer, table) == 2


def test_broken_rows_are_refused_whole(server: Server, writer: Client, table: str) -> None:
    good = writer.raw_query(
        "SELECT toUInt16(1) AS partition, toUInt64(5) AS token, number AS n, '' AS s FROM numbers(9)", fmt="Native"
    )
    status, headers, _ = server.request(f"/?query=INSERT+INTO+{table}+FORMAT+Native", good[:-5])
    assert (status, headers["x-clickhouse-exception-code"]) == (500, "33")
    assert _count(writer, table) == 0


def test_a_projection_answers_as_the_table_does(writer: Client, table: str) -> None:
    writer.insert(table, _rows(1000), column_names=COLUMNS, settings=ONE_PART)
    question = f"SELECT partition, sum(n), max(n) FROM {table} GROUP BY partition"
    plain = writer.query(question, settings={"optimize_use_projections": 0}).result_rows
    assert writer.query(question, settings={"force_optimize_projection": 1}).result_rows == plain == [(1, 499_500, 999)]


def test_tables_can_be_exchanged(writer: Client, table: str) -> None:
    writer.command(f"CREATE TABLE {table}_new (a Int8) ENGINE = MergeTree ORDER BY a")
    writer.command(f"EXCHANGE TABLES {table} AND {table}_new")
    assert writer.query(f"DESCRIBE TABLE {table}").result_rows[0][0] == "a"


def test_the_reader_reads_and_writes_nothing(server: Server, writer: Client, table: str) -> None:
    reader = server.reader()
    writer.insert(table, _rows(3), column_names=COLUMNS)
    assert _count(reader, table) == 3
    for text in (
        f"INSERT INTO {table} VALUES (1, 5, 1, '')",
        f"INSERT INTO {table} SELECT * FROM {table}",
        f"TRUNCATE TABLE {table}",
        f"ALTER TABLE {table} DELETE WHERE 1",
        f"DROP TABLE {table}",
        f"CREATE VIEW {table}_v AS SELECT 1",
        f"OPTIMIZE TABLE {table}",
    ):
        with pytest.raises(DatabaseError) as caught:
            reader.command(text)
        assert caught.value.code in {164, 497}, text
    with pytest.raises(DatabaseError):
        reader.insert(table, _rows(1), column_names=COLUMNS)
    assert _count(writer, table) == 3


@pytest.mark.parametrize("name", ["max_memory_usage", "max_execution_time", "max_result_rows", "max_result_bytes"])
@pytest.mark.parametrize("value", [0, 10**12])
def test_the_reader_cannot_lift_its_limits(server: Server, name: str, value: int) -> None:
    status, headers, _ = server.request(
        f"/?{name}={value}", b"SELECT 1", X_ClickHouse_User="reader", X_ClickHouse_Key=server.reader_password
    )
    assert (status, headers["x-clickhouse-exception-code"]) == (500, "452")
    with pytest.raises(DatabaseError) as caught:
        server.reader().command(f"SELECT 1 SETTINGS {name} = {value}")
    assert caught.value.code == 452
