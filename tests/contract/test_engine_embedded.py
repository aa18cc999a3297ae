"""What only the embedded engine has to guarantee: chDB behind the protocol, alone with its folder."""
# ruff: noqa: S608 - the names are those of the test's own tables

import errno
import gzip
import http.client
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from tests.support.engine import EngineProcess, start_engine
from tests.support.processes import REPO
from tests.support.waiting import wait_until

DEADLINE_SECONDS = 20
BODY_LIMIT = 4_000_000
OWNERS = """
CREATE TABLE {}.owners (partition UInt16, token UInt64) ENGINE = Join(ANY, LEFT, partition)
SETTINGS join_any_take_last_row = 1
"""
GUARDED = """
CREATE TABLE {0}.t (partition UInt16, token UInt64, n UInt64,
    CONSTRAINT owner CHECK joinGet('{0}.owners', 'token', partition) = token,
    PROJECTION sums (SELECT partition, sum(n) GROUP BY partition)) ENGINE = MergeTree ORDER BY n
"""
SECRET = "k7Qz-a-value-that-no-log-may-hold"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    folder = tmp_path_factory.mktemp("engine")
    (folder / "grafana").write_text("grafana-password\n")
    extra = {"grafana": {"password_file": str(folder / "grafana"), "select": ["seen.view"]}}
    limits = {"max_body_bytes": str(BODY_LIMIT), "max_inflated_bytes": str(2 * BODY_LIMIT)}
    running = start_engine(folder, settings={"extra_readers": json.dumps(extra), **limits})
    yield running
    running.stop()


@pytest.fixture(scope="module")
def writer(engine: EngineProcess) -> Client:
    return engine.server().writer()


def _code(client: Client, text: str) -> int | None:
    with pytest.raises(DatabaseError) as caught:
        client.command(text)
    return caught.value.code


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE refused.t (a Int8) ENGINE = Kafka('127.0.0.1:1', 'topic', 'group', 'JSONEachRow')",
        "CREATE TABLE refused.t (a Int8) ENGINE Kafka",
        "CREATE TABLE refused.t (a Int8) ENGINE = `RabbitMQ`",
        "CREATE TABLE refused.t (a Int8) ENGINE = NATS()",
        "CREATE TABLE refused.t (a Int8) ENGINE = S3Queue('http://127.0.0.1:1/x')",
        "CREATE TABLE refused.t (a Int8) ENGINE = ReplicatedMergeTree('/a', 'b') ORDER BY a",
        "CREATE TABLE refused.t AS refused.s ENGINE = Distributed(c, d, e)",
        "CREATE TABLE refused.t (a Int8) ENGINE = File(CSV)",
        "CREATE TABLE refused.t (a Int8) ENGINE = Executable('x', 'CSV')",
        "CREATE DATABASE refused2 ENGINE = Replicated('/a', 'b', 'c')",
        "CREATE DATABASE refused2 ENGINE = Filesystem('/')",
        "CREATE MATERIALIZED VIEW refused.v ENGINE = Kafka() AS SELECT 1",
        "CREATE DICTIONARY refused.d (a UInt64) PRIMARY KEY a SOURCE(HTTP(URL 'http://127.0.0.1:1')) LAYOUT(FLAT())",
        "CREATE FUNCTION f AS x -> x",
        "CREATE USER u IDENTIFIED BY 'x'",
        "CREATE TABLE default.t (a Int8) ENGINE = MergeTree ORDER BY a",
        "ATTACH TABLE refused.t (a Int8) ENGINE = MergeTree ORDER BY a",
        "DETACH TABLE refused.t",
        "DROP DATABASE system",
        "DROP DATABASE information_schema",
        "DROP DATABASE default",
        "DROP VIEW system.client_processes",
        "SYSTEM SHUTDOWN",
        "SYSTEM KILL",
        "EXECUTE AS reader SELECT 1",
        "BACKUP DATABASE refused TO File('/tmp/x.zip')",
        "GRANT ALL ON *.* TO writer",
    ],
)
def test_what_would_break_the_engine_is_refused(writer: Client, text: str) -> None:
    writer.command("CREATE DATABASE IF NOT EXISTS refused ENGINE = Atomic")
    assert _code(writer, text) in {344, 497}


@pytest.mark.parametrize("user", ["writer", "reader"])
@pytest.mark.parametrize(
    "text",
    [
        "SELECT file('/etc/passwd')",
        "SELECT `file`('/etc/passwd')",
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM default.`/etc/passwd`",
        "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
        "SELECT * FROM remote('127.0.0.1', system.one)",
        "SELECT * FROM executable('cat', 'LineAsString', 'a String')",
        "SELECT * FROM s3('http://127.0.0.1:1/bucket/x.csv', 'CSV')",
        "SELECT * FROM sqlite('/tmp/x', 'y')",
        "SELECT 1 INTO OUTFILE '/tmp/out'",
        "SELECT 1 INTO /* */ OUTFILE '/tmp/out' FORMAT CSV",
        "INSERT INTO refused.t FROM INFILE '/etc/passwd' FORMAT CSV",
        "INSERT INTO FUNCTION file('/tmp/out', 'CSV', 'a Int8') VALUES (1)",
    ],
)
def test_nobody_reaches_files_or_addresses(engine: EngineProcess, user: str, text: str) -> None:
    password = engine.writer_password if user == "writer" else engine.reader_password
    assert _code(engine.server().client(user, password), text) in {46, 60, 62, 164, 344, 358, 497}


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM system.processes",
        "SELECT query FROM `system`.`processes`",
        'SELECT * FROM system . /* c */ "processes"',
        "SELECT * FROM system.client_processes",
        "SELECT * FROM system.errors",
        "SELECT * FROM system.server_settings",
        "WITH a AS (SELECT * FROM system.query_cache) SELECT * FROM a",
        "SELECT * FROM merge('system', 'processes')",
        "SET ROLE writer",
        "SET max_memory_usage = 0",
        "USE system",
        "KILL QUERY WHERE 1",
        "SELECT 1 SETTINGS profile = 'default', max_memory_usage = 0",
        "SELECT 1 SETTINGS readonly = 0",
        "SELECT 1 SETTINGS log_comment = 'hidden'",
        "SELECT 1; SET ROLE writer",
        "CREATE TEMPORARY TABLE t (a Int8)",
        "SYSTEM FLUSH LOGS",
    ],
)
def test_the_reader_sees_no_other_queries_and_takes_no_other_role(engine: EngineProcess, text: str) -> None:
    assert _code(engine.server().reader(), text) in {62, 164, 452, 497, 636}


def test_a_name_in_disguise_shows_the_reader_nothing_either(engine: EngineProcess) -> None:
    assert engine.server().reader().query("SELECT * FROM `s\\x79stem`.processes").result_rows == []


def test_an_extra_reader_sees_what_it_was_granted(engine: EngineProcess, writer: Client) -> None:
    for text in (
        "CREATE DATABASE IF NOT EXISTS seen ENGINE = Atomic",
        "CREATE OR REPLACE TABLE seen.raw (secret String) ENGINE = MergeTree ORDER BY secret",
        "INSERT INTO seen.raw VALUES ('x')",
        "CREATE OR REPLACE VIEW seen.view DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT 1 n FROM seen.raw",
    ):
        writer.command(text)
    grafana = engine.server().client("grafana", "grafana-password")
    assert grafana.query("SELECT n FROM seen.view").result_rows == [(1,)]
    assert _code(grafana, "SELECT * FROM seen.raw") == 497


def test_a_limit_of_memory_holds(engine: EngineProcess) -> None:
    reader = engine.server().reader()
    assert _code(reader, "SELECT length(groupArray(number)) FROM numbers(1000000000) SETTINGS max_threads = 1") == 241


def test_a_body_that_is_too_large_is_refused(engine: EngineProcess) -> None:
    for body, coding in ((b" " * (BODY_LIMIT + 1), ""), (gzip.compress(b" " * (2 * BODY_LIMIT + 1)), "gzip")):
        status, headers, _ = engine.server().request("/", body, Content_Encoding=coding)
        assert (status, headers["x-clickhouse-exception-code"]) == (413, "229")
    assert engine.server().request("/", b"SELECT 1")[2] == b"1\n"


def test_a_broken_body_is_refused(engine: EngineProcess) -> None:
    for coding, code in (("gzip", "117"), ("lz4", "117"), ("zstd", "117"), ("deflate", "117"), ("br", "48")):
        headers = engine.server().request("/", b"not compressed at all", Content_Encoding=coding)[1]
        assert headers["x-clickhouse-exception-code"] == code, coding


def test_a_killed_insert_that_still_arrives_is_never_written(
    engine: EngineProcess, writer: Client, unique: str
) -> None:
    """A worker that lost its connection ends its insert and reads its mark; the rest may still be on its way."""
    writer.command(f"CREATE DATABASE {unique} ENGINE = Atomic")
    writer.command(f"CREATE TABLE {unique}.t (n UInt64) ENGINE = MergeTree ORDER BY n")
    target = f"/?query_id={unique}&query=INSERT+INTO+{unique}.t+FORMAT+TSV"
    head = f"POST {target} HTTP/1.1\r\nHost: x\r\nX-ClickHouse-User: writer\r\nContent-Length: 4\r\n"
    with closing(socket.create_connection((engine.host, engine.port))) as client:
        client.sendall(f"{head}X-ClickHouse-Key: {engine.writer_password}\r\n\r\n1\n".encode())

        def known() -> bool:
            return isinstance(writer.command(f"KILL QUERY WHERE query_id = '{unique}' TEST"), list)

        wait_until(known, deadline_seconds=DEADLINE_SECONDS, what="insert known")
        writer.command(f"KILL QUERY WHERE query_id = '{unique}' SYNC")
        assert not known()
        client.sendall(b"2\n")
        assert b"QUERY_WAS_CANCELLED" in client.recv(65536)
    assert writer.query(f"SELECT count() FROM {unique}.t").result_rows == [(0,)]


def test_a_killed_query_that_waits_for_a_session_is_gone_at_once(
    engine: EngineProcess, writer: Client, unique: str
) -> None:
    reader = engine.server().reader()
    slow = "SELECT sleepEachRow(0.1) FROM numbers(250) SETTINGS max_block_size = 1"
    with ThreadPoolExecutor(8) as pool:
        queries = [pool.submit(reader.command, slow, settings={"query_id": f"{unique}-{n}"}) for n in range(8)]
        listed = f"KILL QUERY WHERE query_id LIKE '{unique}-%' TEST FORMAT JSONEachRow"
        wait_until(
            lambda: writer.raw_query(listed).count(b"kill_status") == 8, deadline_seconds=DEADLINE_SECONDS, what="known"
        )
        writer.command(f"KILL QUERY WHERE query_id LIKE '{unique}-%' AND query = '' SYNC")
        writer.command(f"KILL QUERY WHERE query_id LIKE '{unique}-%' SYNC")
        codes = {getattr(one.exception(DEADLINE_SECONDS), "code", None) for one in queries}
    assert codes == {394}


def test_tables_views_owners_and_rows_outlive_kill_9(tmp_path: Path, unique: str) -> None:
    engine = start_engine(tmp_path)
    writer = engine.server().writer()
    for text in (
        f"CREATE DATABASE {unique} ENGINE = Atomic",
        OWNERS.format(unique),
        GUARDED.format(unique),
        f"CREATE VIEW {unique}.inner AS SELECT sum(n) AS total FROM {unique}.t WHERE n <= {{x:UInt64}}",
        f"CREATE VIEW {unique}.outer AS SELECT total FROM {unique}.inner(x = {{x:UInt64}})",
        f"INSERT INTO {unique}.owners VALUES (1, 5), (1, 6)",
        f"INSERT INTO {unique}.t SELECT 1, 6, number FROM numbers(1000)",
    ):
        writer.command(text)
    engine.kill()
    engine.restart()
    writer, reader = engine.server().writer(), engine.server().reader()
    assert reader.query(f"SELECT total FROM {unique}.outer(x = {{y:UInt64}})", parameters={"y": 9}).result_rows == [
        (45,)
    ]
    question = f"SELECT partition, sum(n) FROM {unique}.t GROUP BY partition"
    assert reader.query(question, settings={"force_optimize_projection": 1}).result_rows == [(1, 499_500)]
    assert _code(writer, f"INSERT INTO {unique}.t VALUES (1, 5, 1)") == 469
    writer.command(f"INSERT INTO {unique}.t VALUES (1, 6, 1)")
    assert engine.stop() == 0


def test_a_second_engine_on_the_same_folder_gives_up_in_one_line(engine: EngineProcess) -> None:
    passwords = {"CHITIEU_ENGINE_WRITER_PASSWORD": "a", "CHITIEU_ENGINE_READER_PASSWORD": "b"}
    env = {**passwords, "CHITIEU_ENGINE_DATA": str(engine.folder / "data"), "CHITIEU_ENGINE_PORT": "1"}
    second = subprocess.run(
        [sys.executable, "-m", "deploy.local.engine"], env=env, cwd=REPO, capture_output=True, text=True, check=False
    )
    assert second.returncode == 1
    assert second.stderr.strip() == f"Engine: another engine is using {engine.folder / 'data'}"


def test_without_passwords_it_does_not_start(tmp_path: Path) -> None:
    env = {"CHITIEU_ENGINE_DATA": str(tmp_path)}
    tried = subprocess.run(
        [sys.executable, "-m", "deploy.local.engine"], env=env, cwd=REPO, capture_output=True, text=True, check=False
    )
    assert tried.returncode == 1
    assert "CHITIEU_ENGINE_WRITER_PASSWORD_FILE" in tried.stderr


def test_sigterm_ends_reads_and_leaves_with_0(tmp_path: Path) -> None:
    engine = start_engine(tmp_path)
    client = engine.server().reader()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(client.command, "SELECT sleepEachRow(0.1) FROM numbers(200) SETTINGS max_block_size = 1")
        known = engine.server().writer()
        wait_until(
            lambda: known.command("SELECT count() FROM system.processes WHERE user = 'reader'") == 1,
            deadline_seconds=DEADLINE_SECONDS,
            what="read runs",
        )
        engine.process.signal(signal.SIGTERM)
        assert engine.stop() == 0
        assert isinstance(slow.exception(DEADLINE_SECONDS), DatabaseError)


def test_logs_and_metrics_hold_no_text_and_no_value(engine: EngineProcess, writer: Client) -> None:
    reader = engine.server().reader()
    assert reader.query("SELECT {x:String}", parameters={"x": SECRET}).result_rows == [(SECRET,)]
    assert _code(reader, f"SELECT toDate('{SECRET}')") == 38
    assert _code(reader, f"SELECT `{SECRET}`") == 47
    assert SECRET not in engine.process.log.read_text()
    metrics = _get(engine, "/metrics")
    assert SECRET not in metrics
    assert 'chitieu_engine_queries_total{kind="read",outcome="ok"}' in metrics
    assert "chitieu_engine_rows_inserted_total" in metrics


def test_health_and_readiness_answer(engine: EngineProcess) -> None:
    assert _get(engine, "/-/healthy") == _get(engine, "/-/ready") == _get(engine, "/ping") == "Ok.\n"


def test_it_listens_on_one_address_only(engine: EngineProcess) -> None:
    with socket.socket() as outside:
        outside.settimeout(DEADLINE_SECONDS)
        assert outside.connect_ex(("127.0.0.2", engine.port)) == errno.ECONNREFUSED


def _get(engine: EngineProcess, path: str) -> str:
    connection = http.client.HTTPConnection(engine.host, engine.port, timeout=DEADLINE_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()
