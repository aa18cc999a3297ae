"""What clickhouse-connect relies on when it asks; the same for the embedded engine and a ClickHouse server."""
# ruff: noqa: S608 - the names are those of the test's own tables

import datetime as dt
from collections.abc import Iterator

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from tests.support.engine import Server

HOSTILE = [
    "",
    "a'b",
    "a\\b",
    "tab\there",
    "line\nbreak",
    "'; DROP TABLE t; --",
    "Xã Tân Hưng – 90 %",
    "{x:String}",
    "\\N",
    '`"$$',
]


@pytest.fixture(scope="module")
def reader(server: Server) -> Client:
    return server.reader()


@pytest.fixture
def database(writer: Client, unique: str) -> Iterator[str]:
    writer.command(f"CREATE DATABASE {unique} ENGINE = Atomic")
    yield unique
    writer.command(f"DROP DATABASE {unique} SYNC")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_string_parameter_comes_back_as_it_went(reader: Client, text: str) -> None:
    assert reader.query("SELECT {x:String}", parameters={"x": text}).result_rows == [(text,)]


def test_an_array_of_hostile_strings_comes_back_as_it_went(reader: Client) -> None:
    assert reader.query("SELECT {x:Array(String)}", parameters={"x": HOSTILE}).result_rows == [(HOSTILE,)]


def test_parameters_keep_their_types(reader: Client) -> None:
    values = {"d": dt.date(2026, 2, 17), "n": -5, "b": True, "none": None}
    found = reader.query("SELECT {d:Date}, {n:Int64}, {b:Bool}, {none:Nullable(String)}", parameters=values).result_rows
    assert found == [(dt.date(2026, 2, 17), -5, True, None)]


def test_a_parameter_too_long_for_a_url_is_sent_in_a_form(reader: Client) -> None:
    text = "ệ'\\\r\n \t--x" * 3000
    assert reader.query("SELECT length({x:String})", parameters={"x": text}).result_rows == [(len(text.encode()),)]


def test_a_parameter_is_a_value_and_never_sql(reader: Client) -> None:
    with pytest.raises(DatabaseError) as caught:
        reader.query("SELECT {x:UInt8}", parameters={"x": "1) FROM system.one --"})
    assert caught.value.code == 457


def test_a_setting_holds_for_its_query_only(reader: Client) -> None:
    question = "SELECT getSetting('max_block_size')"
    before = reader.command(question)
    assert reader.query(question, settings={"max_block_size": 77}).result_rows == [(77,)]
    assert [reader.command(question) for _ in range(8)] == [before] * 8


def test_an_unknown_setting_is_refused(server: Server) -> None:
    status, headers, body = server.request("/?no_such_setting=1", b"SELECT 1")
    assert (status, headers["x-clickhouse-exception-code"]) == (404, "115")
    assert b"UNKNOWN_SETTING" in body


@pytest.mark.parametrize(
    ("query", "code", "status"),
    [
        ("SELECT * FROM no_such_table", 60, 404),
        ("SELECT no_such_column", 47, 404),
        ("SELEC 1", 62, 400),
        ("SELECT * FROM no_such_database.t", 81, 404),
        ("SELECT no_such_function()", 46, 404),
        ("SELECT throwIf(1)", 395, 500),
        ("SELECT 1; SELECT 2", 62, 400),
        ("SELECT toDate('x')", 38, 400),
        ("SELECT 1 FORMAT NoSuchFormat", 73, 404),
    ],
)
def test_errors_carry_the_code_and_the_status_of_clickhouse(server: Server, query: str, code: int, status: int) -> None:
    answer = server.request("/", query.encode())
    assert (answer[0], answer[1]["x-clickhouse-exception-code"]) == (status, str(code))
    assert answer[2].startswith(f"Code: {code}. DB::Exception: ".encode())


def test_a_query_that_takes_too_long_is_ended(reader: Client) -> None:
    with pytest.raises(DatabaseError) as caught:
        reader.command("SELECT sum(number) FROM numbers(1e13)", settings={"max_execution_time": 1})
    assert caught.value.code == 159


def test_a_wrong_password_and_an_unknown_user_are_refused_alike(server: Server) -> None:
    answers = [
        server.request("/?query=SELECT+1", X_ClickHouse_User=user, X_ClickHouse_Key="wrong")
        for user in ("writer", "nobody")
    ]
    assert [(status, headers["x-clickhouse-exception-code"]) for status, headers, _ in answers] == [(403, "516")] * 2


def test_the_query_id_comes_back(server: Server, unique: str) -> None:
    assert server.request(f"/?query_id={unique}", b"SELECT 1")[1]["x-clickhouse-query-id"] == unique


def test_answers_name_format_and_timezone(server: Server) -> None:
    headers = server.request("/?default_format=JSONCompact", b"SELECT 1 AS a")[1]
    assert headers["x-clickhouse-format"] == "JSONCompact"
    assert headers["x-clickhouse-timezone"]
    assert headers["x-clickhouse-server-display-name"]


def test_a_format_in_the_query_wins_over_the_default(server: Server) -> None:
    _, headers, body = server.request("/?default_format=CSV", b"SELECT 'a', 1 FORMAT JSONEachRow")
    assert headers["x-clickhouse-format"] == "JSONEachRow"
    assert body == b'{"\'a\'":"a","1":1}\n'


def test_a_query_may_stand_in_url_and_body(server: Server) -> None:
    assert server.request("/?query=SELECT+{x:UInt8}&param_x=7")[2] == b"7\n"
    assert server.request("/?query=SELECT", b"8")[2] == b"8\n"


def test_get_changes_nothing(server: Server, database: str) -> None:
    status, headers, _ = server.request(f"/?query=CREATE+TABLE+{database}.t+(a+Int8)+ENGINE=Memory")
    assert (status, headers["x-clickhouse-exception-code"]) == (500, "164")


def test_ping_needs_no_password(server: Server) -> None:
    assert server.request("/ping", X_ClickHouse_Key="")[2] == b"Ok.\n"


@pytest.mark.parametrize("compress", ["lz4", "zstd", "gzip", "deflate", False])
def test_a_long_result_arrives_whole_in_every_coding(server: Server, compress: str | bool) -> None:
    client = server.reader(compress=compress)
    rows = client.query("SELECT number, toString(number) FROM numbers(20000)").result_rows
    assert rows == [(n, str(n)) for n in range(20000)]


def test_a_compressed_answer_says_so(server: Server) -> None:
    target = "/?enable_http_compression=1&query=SELECT+number+FROM+numbers(5000)"
    assert server.request(target, Accept_Encoding="zstd")[1]["content-encoding"] == "zstd"
    assert "content-encoding" not in server.request(target.replace("=1", "=0", 1), Accept_Encoding="zstd")[1]


def test_the_database_of_the_client_is_used(server: Server, writer: Client, database: str) -> None:
    writer.command(f"CREATE TABLE {database}.here (a Int8) ENGINE = MergeTree ORDER BY a")
    assert server.reader(database=database).query("SELECT count() FROM here").result_rows == [(0,)]


def test_rows_and_arrow_can_be_streamed(reader: Client) -> None:
    with reader.query_rows_stream("SELECT number FROM numbers(100000)") as stream:
        assert sum(row[0] for row in stream) == 4999950000
    assert reader.query_arrow("SELECT number FROM numbers(1000)").num_rows == 1000


def test_a_result_without_rows_is_empty(reader: Client) -> None:
    assert reader.query("SELECT 1 AS a WHERE 0").result_rows == []
    assert reader.query("SELECT 1 AS a, 'x' AS b LIMIT 0").column_names == ("a", "b")


async def test_the_async_client_asks_and_inserts(server: Server, database: str) -> None:
    client = await clickhouse_connect.get_async_client(
        host=server.host, port=server.port, username="writer", password=server.writer_password, database=database
    )
    await client.command("CREATE TABLE t (n UInt64, s String) ENGINE = MergeTree ORDER BY n")
    await client.insert("t", [[1, "một"], [2, "hai"]], column_names=["n", "s"])
    found = await client.query("SELECT s FROM t WHERE n = {n:UInt64}", parameters={"n": 2})
    assert found.result_rows == [("hai",)]
    await client.close()


def test_views_with_parameters_nest_and_take_query_parameters(writer: Client, reader: Client, database: str) -> None:
    for text in (
        "CREATE TABLE {}.days (day Date, n Int64) ENGINE = MergeTree ORDER BY day",
        "CREATE VIEW {0}.upto AS SELECT sum(n) AS total FROM {0}.days WHERE day <= {{as_of:Date}}",
        "CREATE VIEW {0}.board AS SELECT total, {{as_of:Date}} d, {{p:String}} p FROM {0}.upto(as_of={{as_of:Date}})",
        "INSERT INTO {}.days VALUES ('2026-01-01', 1), ('2026-01-02', 2), ('2026-01-03', 4)",
    ):
        writer.command(text.format(database))
    found = reader.query(
        f"SELECT total, d, p FROM {database}.board(as_of = {{d:Date}}, p = {{p:String}})",
        parameters={"d": dt.date(2026, 1, 2), "p": "năm 'x'"},
    )
    assert found.result_rows == [(3, dt.date(2026, 1, 2), "năm 'x'")]
