"""Who may see what: keys, sessions, roles, headers, limits; on the real engine."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from services.api.sessions import COOKIE, LOGIN_ATTEMPTS
from shared.keystore import ClickHouseKeyStore
from tests.support.api import ApiProcess, start_api
from tests.support.board_seed import LEDGER, mark
from tests.support.engine import EngineProcess, start_engine
from tests.support.schema import Schema, create_schema
from tests.support.waiting import wait_until

BOARDS = [
    "/v1/board?level=whole",
    "/v1/overview",
    "/v1/ranking",
    "/v1/stamp",
    "/v1/alerts",
    "/v1/indicators",
    "/v1/units",
]
SUBJECTS = "/v1/cells/filing_full_online/xa-12070/subjects"
RECEIPT = "/v1/events?source=/systems/tthc&id=none"
REVOCATION_SECONDS = 30
"""Promised within 5 s; the deadline only ends a test that would never pass."""


@pytest.fixture(scope="module")
def schema(module_schema: Schema) -> Schema:
    writer = module_schema.writer()
    writer.insert("ledger_1", [mark(0, 1, datetime.now(UTC))], column_names=LEDGER)
    writer.close()
    return module_schema


@pytest.fixture(scope="module")
def api(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    process = start_api(schema, tmp_path_factory.mktemp("api"))
    yield process
    process.process.stop()


@pytest.fixture(scope="module")
def open_api(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    ancestors = "https://ioc.example.vn"
    process = start_api(schema, tmp_path_factory.mktemp("open"), api_open_board="true", api_frame_ancestors=ancestors)
    yield process
    process.process.stop()


@pytest.mark.parametrize("path", BOARDS)
def test_boards_need_a_key_that_views_or_operates(api: ApiProcess, path: str) -> None:
    assert api.get(path).status_code == 401
    assert api.get(path, "emit").status_code == 403
    assert api.get(path, "view").status_code == 200
    assert api.get(path, "operate").status_code == 200


def test_filings_need_a_key_that_operates(api: ApiProcess) -> None:
    told = {role: api.get(SUBJECTS, role).status_code for role in ("", "view", "emit", "operate")}
    assert told == {"": 401, "view": 403, "emit": 403, "operate": 200}


def test_receipts_need_a_key_that_emits(api: ApiProcess) -> None:
    told = {role: api.get(RECEIPT, role).status_code for role in ("", "view", "emit")}
    assert told == {"": 401, "view": 403, "emit": 404}


def test_an_open_board_keeps_filings_and_receipts_closed(open_api: ApiProcess) -> None:
    assert {path: open_api.get(path).status_code for path in BOARDS} == dict.fromkeys(BOARDS, 200)
    assert [open_api.get(path).status_code for path in (SUBJECTS, RECEIPT)] == [401, 401]


def test_a_header_that_proves_nothing_is_refused_also_where_guests_may_look(open_api: ApiProcess) -> None:
    answer = open_api.get("/v1/stamp", headers={"Authorization": "Bearer ct_0_x"})
    assert (answer.status_code, answer.json()["reason"]) == (401, "bad_key")


def test_a_login_gives_a_cookie_that_scripts_cannot_read(api: ApiProcess) -> None:
    with httpx.Client(base_url=api.url, timeout=30) as browser:
        answer = browser.post("/session", json={"key": api.tokens["operate"]})
        assert answer.json()["role"] == "operate"
        cookie = answer.headers["set-cookie"].lower()
        assert cookie.startswith(COOKIE)
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert api.tokens["operate"] not in answer.text + cookie
        assert browser.get(SUBJECTS).status_code == 200
        kept = browser.cookies[COOKIE]
        assert browser.delete("/session").status_code == 204
        assert browser.get(SUBJECTS).status_code == 401
    assert httpx.get(api.url + SUBJECTS, cookies={COOKIE: kept}).status_code == 401


def test_a_login_outlives_a_restart_of_the_api(schema: Schema, tmp_path: Path) -> None:
    api = start_api(schema, tmp_path)
    with httpx.Client(base_url=api.url, timeout=30) as browser:
        browser.post("/session", json={"key": api.tokens["view"]})
        api.process.stop()
        api.start()
        try:
            assert browser.get("/v1/stamp").status_code == 200
        finally:
            api.process.stop()


def test_a_revoked_key_ends_its_sessions(schema: Schema, tmp_path: Path) -> None:
    api = start_api(schema, tmp_path)
    with httpx.Client(base_url=api.url, timeout=30) as browser:
        browser.post("/session", json={"key": api.tokens["view"]})
        assert browser.get("/v1/stamp").status_code == 200
        writer = schema.writer()
        ClickHouseKeyStore(writer).put(api.records["view"].revoked(datetime.now(UTC)))
        writer.close()
        try:
            wait_until(
                lambda: browser.get("/v1/stamp").status_code == 401, deadline_seconds=REVOCATION_SECONDS, what="refused"
            )
            assert api.get("/v1/stamp", "view").status_code == 401
        finally:
            api.process.stop()


def test_guessing_keys_is_slowed_down(schema: Schema, tmp_path: Path) -> None:
    api = start_api(schema, tmp_path)
    try:
        told = [
            httpx.post(f"{api.url}/session", json={"key": "ct_00_wrong"}).json()["reason"]
            for _ in range(LOGIN_ATTEMPTS + 1)
        ]
        assert told == ["bad_key"] * LOGIN_ATTEMPTS + ["too_many_logins"]
        right = httpx.post(f"{api.url}/session", json={"key": api.tokens["view"]})
        assert right.status_code == 429
        assert right.headers["retry-after"]
    finally:
        api.process.stop()


def test_pages_load_nothing_from_elsewhere_and_are_framed_by_nobody(api: ApiProcess, open_api: ApiProcess) -> None:
    headers = api.get("/").headers
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in headers["content-security-policy"]
    assert headers["content-security-policy"].endswith("frame-ancestors 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert open_api.get("/").headers["content-security-policy"].endswith("frame-ancestors https://ioc.example.vn")


def test_pages_hold_no_figures_and_figures_are_not_kept_in_between(api: ApiProcess) -> None:
    for path in (
        "/",
        "/units/xa-12070",
        "/indicators/satisfaction",
        "/cells/satisfaction/xa-12070",
        "/alerts",
        "/login",
    ):
        assert api.get(path).text == api.get("/").text
    assert api.get("/v1/alerts", "view").headers["cache-control"] == "no-store"
    assert "no-cache" in api.get("/v1/board?level=whole", "view").headers["cache-control"]


def test_one_stream_too_many_is_refused(schema: Schema, tmp_path: Path) -> None:
    api = start_api(schema, tmp_path, api_stream_clients="1", api_open_board="true")
    try:
        with httpx.stream("GET", f"{api.url}/v1/stream", timeout=30) as stream:
            lines = stream.iter_lines()
            assert next(lines).startswith("event: ")
            assert _stream_status(api) == 503
        wait_until(lambda: _stream_status(api) == 200, deadline_seconds=REVOCATION_SECONDS, what="a free place")
    finally:
        api.process.stop()


def _stream_status(api: ApiProcess) -> int:
    """What a new stream is answered; it is closed at once, because it would never end."""
    with httpx.stream("GET", f"{api.url}/v1/stream", timeout=30) as stream:
        return stream.status_code


def test_without_the_engine_the_answer_is_503_and_comes_back_by_itself(tmp_path: Path) -> None:
    engine = start_engine(tmp_path / "engine")
    api = start_api(create_schema(engine), tmp_path / "api")
    try:
        assert api.get("/v1/stamp", "view").status_code == 200
        engine.kill()
        answer = api.get("/v1/stamp", "view")
        assert (answer.status_code, answer.json()["reason"]) == (503, "engine_away")
        assert answer.headers["retry-after"]
        assert api.get("/-/ready").status_code == 503
        assert api.get("/-/healthy").status_code == 200
        engine.restart()
        assert api.get("/v1/stamp", "view").status_code == 200
    finally:
        api.process.stop()
        engine.stop()


def test_missing_tables_end_the_start_with_one_line(engine: EngineProcess, tmp_path: Path) -> None:
    schema = create_schema(engine)
    api = start_api(schema, tmp_path)
    api.process.stop()
    writer = replace(schema, database="default").writer()
    writer.command(f"DROP DATABASE {schema.database} SYNC")
    writer.close()
    with pytest.raises(AssertionError, match="exited with 1") as refused:
        api.start()
    assert "api: " in "".join(refused.value.__notes__)
