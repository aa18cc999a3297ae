"""How the embedded engine reads requests and writes errors."""

import base64
import gzip
import xml.etree.ElementTree as ET
import zlib

import lz4.frame
import pytest
import zstandard
from pydantic import ValidationError

from deploy.local.engine.access import users_xml
from deploy.local.engine.accounts import Account, Limits, authenticate, password_hash
from deploy.local.engine.bodies import form_fields
from deploy.local.engine.call import read_call, read_credentials, url_pairs
from deploy.local.engine.coding import compress, inflate
from deploy.local.engine.errors import EngineError, from_message
from deploy.local.engine.running import RunningQueries
from deploy.local.engine.sessions import identifier, literal, set_statement
from deploy.local.engine.settings import EngineSettings

LIMITS = Limits(memory_bytes=1000, seconds=1, result_rows=10, result_bytes=0)
LONG = b"0123456789" * 300_000
CODINGS = {
    "": lambda data: data,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "lz4": lz4.frame.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("piece", [7, 65_536])
def test_bodies_of_several_frames_are_inflated_whole(coding: str, piece: int) -> None:
    """clickhouse-connect compresses each block into a frame of its own."""
    packed = CODINGS[coding](LONG) + CODINGS[coding](b"end") if coding != "deflate" else zlib.compress(LONG + b"end")
    pieces = [packed[at : at + piece] for at in range(0, len(packed), piece)]
    assert b"".join(inflate(pieces, coding, len(LONG) + 3)) == LONG + b"end"


@pytest.mark.parametrize("coding", CODINGS)
def test_a_body_may_not_grow_past_the_limit(coding: str) -> None:
    with pytest.raises(EngineError) as caught:
        list(inflate([CODINGS[coding](LONG)], coding, len(LONG) - 1))
    assert caught.value.status == 413


@pytest.mark.parametrize("coding", ["gzip", "deflate", "lz4", "zstd"])
def test_a_body_that_was_cut_off_is_refused(coding: str) -> None:
    with pytest.raises(EngineError) as caught:
        list(inflate([CODINGS[coding](LONG)[:-9]], coding, len(LONG)))
    assert caught.value.code == 117


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip, deflate", "gzip"), ("lz4,zstd,gzip", "lz4"), ("br", ""), ("", ""), ("zstd;q=0.5", "zstd")],
)
def test_an_answer_is_compressed_as_the_client_accepts(accepted: str, coding: str) -> None:
    packed, used = compress(LONG, accepted)
    assert used == coding
    assert b"".join(inflate([packed], used, len(LONG))) == LONG


def test_a_call_parts_parameters_settings_and_the_rest() -> None:
    pairs = url_pairs(
        b"query=SELECT+1&query_id=q&param_x=a%27b&max_threads=2&session_id=s&wait_end_of_query=1&database=d"
    )
    call = read_call(pairs, {})
    assert (call.query, call.query_id, call.database, call.default_format) == ("SELECT 1", "q", "d", "TabSeparated")
    assert call.parameters == {"x": "a'b"}
    assert call.settings == {"max_threads": "2"}


@pytest.mark.parametrize(
    ("query", "code"),
    [(b"compress=1", 48), (b"a-b=1", 115), (b"query_id=%0a", 36), (b"x=%ff", 36), (b"query_id=" + b"x" * 300, 36)],
)
def test_a_call_that_cannot_be_served_is_refused(query: bytes, code: int) -> None:
    with pytest.raises(EngineError) as caught:
        read_call(url_pairs(query), {})
    assert caught.value.code == code


def test_a_password_comes_by_header_basic_authentication_or_url() -> None:
    basic = "Basic " + base64.b64encode("u:p:ệ".encode()).decode()
    assert read_credentials([], {"authorization": basic}).password == "p:ệ"
    assert read_credentials([], {"x-clickhouse-user": "u", "x-clickhouse-key": "k"}).password == "k"
    assert read_credentials([("user", "u"), ("password", "w")], {}).password == "w"


@pytest.mark.parametrize(("header", "code"), [("", 194), ("Bearer x", 516), ("Basic ???", 516)])
def test_other_ways_to_log_in_are_refused(header: str, code: int) -> None:
    with pytest.raises(EngineError) as caught:
        read_credentials([], {"authorization": header} if header else {})
    assert caught.value.code == code


def test_only_the_right_password_logs_in() -> None:
    accounts = [Account("a", password_hash("x"), LIMITS), Account("b", password_hash("y"), LIMITS)]
    assert authenticate(accounts, "b", "y").name == "b"
    for name, password in (("a", "y"), ("b", ""), ("c", "x")):
        with pytest.raises(EngineError) as caught:
            authenticate(accounts, name, password)
        assert caught.value.code == 516


def test_a_form_is_read_field_by_field() -> None:
    parts = (("query", "SELECT {x:String}"), ("param_x", "tab\t\r\n\r\n--b ệ"))
    body = "".join(f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in parts)
    assert form_fields("multipart/form-data; boundary=b", f"{body}--b--\r\n".encode()) == parts


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'--b\r\nContent-Disposition: form-data; name="t"; filename="t"\r\n\r\n1\r\n--b--\r\n', 48),
        (b"--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--\r\n", 36),
        (b"nothing", 36),
    ],
)
def test_forms_with_files_or_without_names_are_refused(body: bytes, code: int) -> None:
    with pytest.raises(EngineError) as caught:
        form_fields("multipart/form-data; boundary=b", body)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("message", "code", "name", "text"),
    [
        ("Code: 60. DB::Exception: Unknown (x). (UNKNOWN_TABLE)", 60, "UNKNOWN_TABLE", "Unknown (x)."),
        (
            "Code: 164. DB::Exception: Code: 164. DB::Exception: Too much. (READONLY) (version 1.2). (READONLY)",
            164,
            "READONLY",
            "Too much.",
        ),
        ("Something else\n", 1001, "STD_EXCEPTION", "Something else"),
    ],
)
def test_chdbs_messages_become_clickhouses_errors(message: str, code: int, name: str, text: str) -> None:
    error = from_message(message)
    assert (error.code, error.name, error.text) == (code, name, text)
    assert error.body("1.2") == f"Code: {code}. DB::Exception: {text} ({name}) (version 1.2)\n".encode()


def test_texts_become_literals_and_names_identifiers() -> None:
    assert literal("a'b\\c") == "'a\\'b\\\\c'"
    assert identifier("a`b") == "`a\\`b`"
    assert set_statement({"a": "1", "b": "'"}) == "SET a = '1', b = '\\''"


def test_every_account_has_a_role_and_a_reader_has_bounds() -> None:
    grafana = Account("grafana", b"", LIMITS, select=("chitieu.board",))
    tree = ET.fromstring(users_xml([Account("writer", b"", LIMITS, writes=True), grafana]))  # noqa: S314 - our own text
    assert [one.text for one in tree.findall("roles/grafana/grants/query")] == ["GRANT SELECT ON chitieu.board"]
    assert tree.findtext("profiles/grafana/constraints/max_result_rows/max") == "10"
    assert tree.find("profiles/grafana/constraints/max_result_bytes") is None
    assert tree.findall("profiles/writer/constraints/*") == []


def test_an_id_is_free_again_when_its_query_has_ended() -> None:
    running = RunningQueries()
    first = running.enter("a", "writer")
    with pytest.raises(EngineError) as caught:
        running.enter("a", "writer")
    assert caught.value.code == 216
    running.leave(first)
    assert first.done.is_set()
    assert running.enter("a", "writer") is not first


def test_a_kill_acts_also_when_it_came_first() -> None:
    acts: list[str] = []
    query = RunningQueries().enter("a", "writer")
    query.when_killed(lambda: acts.append("receiving"))
    query.kill()
    query.when_killed(lambda: acts.append("waiting"))
    assert acts == ["receiving", "waiting"]
    with pytest.raises(EngineError) as caught:
        query.check_not_killed()
    assert caught.value.code == 394


def test_settings_want_passwords_and_different_names() -> None:
    with pytest.raises(ValidationError, match="WRITER_PASSWORD_FILE"):
        EngineSettings(reader_password="x")
    with pytest.raises(ValidationError, match="differ"):
        EngineSettings(writer_password="x", reader_password="x", reader_user="writer")
