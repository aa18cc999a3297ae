"""What the embedded engine takes a statement for, and what it refuses before the engine sees it."""

import pytest

from deploy.local.engine import policy
from deploy.local.engine.accounts import Account, Limits
from deploy.local.engine.errors import EngineError
from deploy.local.engine.killing import read_kill
from deploy.local.engine.lanes import is_control
from deploy.local.engine.statements import Kind, Rows, parse, running_queries_renamed, system_tables

LIMITS = Limits(memory_bytes=1000, seconds=1, result_rows=10, result_bytes=1000)
WRITER = Account("writer", b"", LIMITS, writes=True)
READER = Account("reader", b"", LIMITS)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SELECT 1", Kind.READ),
        ("  -- a comment\n/* and another */ with x as (select 1) select * from x;", Kind.READ),
        ("(SELECT 1) UNION ALL (SELECT 2)", Kind.READ),
        ("# a comment\nSHOW TABLES", Kind.READ),
        ("INSERT INTO t SELECT 1", Kind.INSERT),
        ("INSERT INTO t WITH x AS (SELECT 1) SELECT * FROM x", Kind.INSERT),
        ("kill query where 1", Kind.KILL),
        ("CREATE TABLE t (a Int8) ENGINE = Memory", Kind.OTHER),
    ],
)
def test_a_statement_is_known_by_its_first_word(text: str, kind: Kind) -> None:
    assert parse(text.encode()).kind is kind


@pytest.mark.parametrize(
    ("text", "format_name"),
    [
        ("SELECT 1", None),
        ("SELECT 1 FORMAT Native", "Native"),
        ("SELECT 1\n FORMAT JSON SETTINGS max_threads = 1;", "JSON"),
        ("SELECT 'x FORMAT CSV'", None),
        ("SELECT format, a FROM t", None),
        ("SELECT (SELECT 1 AS format) FORMAT CSV", "CSV"),
        ("SELECT `FORMAT` FROM t -- FORMAT CSV", None),
        ("SELECT $$ FORMAT CSV $$", None),
    ],
)
def test_the_format_of_an_answer_is_found_in_the_statement(text: str, format_name: str | None) -> None:
    assert parse(text.encode()).format == format_name


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        (b"INSERT INTO t FORMAT Native\n\x00\xff;'", Rows("INSERT INTO t", "", "Native", b"\x00\xff;'")),
        (b"INSERT INTO t (`a`, b) FORMAT CSV\r\n1,2", Rows("INSERT INTO t (`a`, b)", "", "CSV", b"1,2")),
        (b"INSERT INTO d.t FORMAT TSV \n\n1", Rows("INSERT INTO d.t", "", "TSV", b"\n1")),
        (b"INSERT INTO t VALUES (1, 'FORMAT x')", Rows("INSERT INTO t", "", "Values", b" (1, 'FORMAT x')")),
        (b"insert into t settings a = 1 values (1)", Rows("insert into t", "settings a = 1", "Values", b" (1)")),
        (b"INSERT INTO t SETTINGS a=1 FORMAT CSV\n", Rows("INSERT INTO t", "SETTINGS a=1", "CSV", b"")),
        (b"INSERT INTO t (format, values)", Rows("INSERT INTO t (format, values)", "", "Values", b"")),
    ],
)
def test_the_rows_of_an_insert_begin_behind_its_format(body: bytes, rows: Rows) -> None:
    assert parse(body).rows == rows


@pytest.mark.parametrize("text", ["", ";", "  -- nothing", "SELECT 1; SELECT 2", "SELECT 1;;DROP TABLE t"])
def test_nothing_and_more_than_one_statement_are_syntax_errors(text: str) -> None:
    with pytest.raises(EngineError) as caught:
        parse(text.encode())
    assert caught.value.code == 62


@pytest.mark.parametrize("text", ["SELECT 1;", "SELECT ';'", "SELECT 1 ; ;  -- ; SELECT 2", "SELECT $a$ ; $a$"])
def test_a_semicolon_may_end_a_statement_or_stand_in_a_string(text: str) -> None:
    assert parse(text.encode()).kind is Kind.READ


def test_bytes_that_are_no_text_are_a_syntax_error() -> None:
    with pytest.raises(EngineError) as caught:
        parse(b"SELECT '\xff'")
    assert caught.value.code == 62


def test_running_queries_are_read_from_the_view_that_knows_the_clients_ids() -> None:
    text = (
        "SELECT 'system.processes', ệ FROM system.processes p JOIN `system` . \"processes\" USING x, a.system.processes"
    )
    renamed = running_queries_renamed(parse(text.encode()))
    assert renamed == (
        "SELECT 'system.processes', ệ FROM system.client_processes p "
        "JOIN `system` . client_processes USING x, a.system.processes"
    )


def test_system_tables_are_found_however_they_are_written() -> None:
    text = "SELECT * FROM system.ONE, `system`.\"Parts\", system /**/ . {x:Identifier}, other.one, 'system.errors'"
    assert system_tables(parse(text.encode()).words) == {"one", "parts", "{"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT 1 INTO OUTFILE 'x'", 358),
        ("SELECT file('x')", 497),
        ("SELECT \"FILE\" ('x')", 497),
        ("ATTACH TABLE t", 344),
        ("CREATE TABLE t (a Int8) ENGINE = Kafka()", 344),
        ("CREATE OR REPLACE TABLE t (a Int8) ENGINE=`ReplicatedMergeTree`", 344),
        ("CREATE MATERIALIZED VIEW v ENGINE Distributed(a, b) AS SELECT 1", 344),
    ],
)
def test_the_writer_is_refused_what_the_engine_would_not_refuse(text: str, code: int) -> None:
    with pytest.raises(EngineError) as caught:
        policy.check(parse(text.encode()), WRITER, "MUTATING", 1)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE t (engine String, file String) ENGINE = MergeTree ORDER BY engine",
        "CREATE DATABASE d ENGINE = Atomic",
        "CREATE VIEW v AS SELECT file, 'INTO OUTFILE' FROM t WHERE engine = 'Kafka'",
        "SELECT * FROM system.processes",
        "ALTER TABLE t ADD COLUMN engine String",
    ],
)
def test_the_writer_may_do_its_work(text: str) -> None:
    policy.check(parse(text.encode()), WRITER, "MUTATING", 1)


@pytest.mark.parametrize(
    ("text", "query_class", "code"),
    [
        ("INSERT INTO t SELECT 1", "MUTATING", 164),
        ("CREATE TABLE t (a Int8) ENGINE = Memory", "MUTATING", 164),
        ("SET max_threads = 1", "CONTROL", 164),
        ("SELECT * FROM system.processes", "READ_ONLY", 497),
        ("SELECT * FROM system.`par\\x74s`", "READ_ONLY", 497),
        ("SELECT * FROM {t:Identifier}", "READ_ONLY", 344),
        ("SELECT * FROM merge('system', '.*')", "READ_ONLY", 497),
    ],
)
def test_the_reader_only_reads(text: str, query_class: str, code: int) -> None:
    with pytest.raises(EngineError) as caught:
        policy.check(parse(text.encode()), READER, query_class, 1)
    assert caught.value.code == code


def test_the_engines_own_count_of_statements_is_believed() -> None:
    with pytest.raises(EngineError) as caught:
        policy.check(parse(b"SELECT 1"), READER, "READ_ONLY", 2)
    assert caught.value.code == 62


def test_the_reader_may_describe_and_explain() -> None:
    for text in ("SELECT name FROM system.columns", "EXPLAIN SELECT 1", "DESCRIBE TABLE t", "SHOW TABLES"):
        policy.check(parse(text.encode()), READER, "READ_ONLY", 1)


def test_the_reader_may_not_kill() -> None:
    with pytest.raises(EngineError) as caught:
        policy.check_kill(READER)
    assert caught.value.code == 497


def test_the_reader_may_not_move_to_system() -> None:
    with pytest.raises(EngineError) as caught:
        policy.check_database("System", READER)
    assert caught.value.code == 497


@pytest.mark.parametrize(
    ("text", "condition", "mode"),
    [
        ("KILL QUERY WHERE query_id = 'a' SYNC", "query_id = 'a'", "SYNC"),
        ("kill query where query_id like 'sync%' and user = 'ệ'", "query_id like 'sync%' and user = 'ệ'", "ASYNC"),
        ("KILL QUERY WHERE query_id IN ('SYNC', 'b') TEST FORMAT JSON;", "query_id IN ('SYNC', 'b')", "TEST"),
    ],
)
def test_a_kill_has_a_condition_and_a_mode(text: str, condition: str, mode: str) -> None:
    kill = read_kill(parse(text.encode()))
    assert (kill.condition, kill.mode) == (condition, mode)


@pytest.mark.parametrize(("text", "code"), [("KILL MUTATION WHERE 1", 48), ("KILL QUERY ON CLUSTER c WHERE 1", 62)])
def test_other_kills_are_refused(text: str, code: int) -> None:
    with pytest.raises(EngineError) as caught:
        read_kill(parse(text.encode()))
    assert caught.value.code == code


def test_control_statements_have_a_lane_of_their_own() -> None:
    assert is_control(b"/* c */ KILL QUERY WHERE 1")
    assert is_control(b"SELECT count() FROM system.processes")
    assert not is_control(b"SELECT 'KILL'")
