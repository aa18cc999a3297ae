"""Who is refused while ingest is full: told at once, so that its client sees it, and never at the expense of others."""

import asyncio
import contextlib
import http.client
import io
import json
import socket
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import aiohttp
import httpx
import pytest

from services.ingest.sending.client import EventClient
from tests.support.engine import EngineProcess
from tests.support.events import filing_rated
from tests.support.ingest import BATCH, LocalIngest, request_head
from tests.support.kafka import LocalKafka
from tests.support.schema import create_schema
from tests.support.waiting import eventually, wait_until

PLACES = 2
MAX_BODY_BYTES = 5_000_000
BODY_DEADLINE_SECONDS = 1
KERNEL_BYTES = 10_000_000
"""What both sides' sockets may hold of a body that nobody reads."""
REFUSED = 'chitieu_ingest_refused_requests_total{reason="overloaded"}'
FULL_BATCH = 1_000

Seen = tuple[int, str | None]
"""Status and `Retry-After`."""


@pytest.fixture(scope="module")
def ingest(kafka: LocalKafka, engine: EngineProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIngest]:
    process = LocalIngest(
        tmp_path_factory.mktemp("ingest"),
        kafka.bootstrap,
        create_schema(engine),
        f"t{uuid4().hex[:8]}.",
        max_in_flight_requests=str(PLACES),
    )
    process.start()
    yield process
    assert process.stop() == 0, process.log()


@pytest.fixture(scope="module")
def key(ingest: LocalIngest) -> str:
    made = ingest.new_key("dvc")
    wait_until(lambda: post(ingest, made, b"[]").status_code == 400, deadline_seconds=10, what="key known")
    return made


def post(ingest: LocalIngest, key: str, body: bytes) -> httpx.Response:
    return httpx.post(f"{ingest.url}/v1/events", content=body, headers=headers(key), timeout=30)


def headers(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}", "content-type": BATCH}


def batch(size: int) -> bytes:
    return json.dumps([filing_rated(f"{uuid4().hex[:8]}-{n}") for n in range(size)]).encode()


def read_answer(one: socket.socket) -> bytes:
    """Until its body ends; the server may leave the connection open."""
    one.settimeout(30)
    found = b""
    while not found.endswith(b"}"):
        part = one.recv(65_536)
        assert part, found
        found += part
    return found.lower()


def drip(one: socket.socket) -> bytes:
    """Sends blanks one by one until there is an answer."""
    one.settimeout(0.1)
    while True:
        one.sendall(b" ")
        with contextlib.suppress(TimeoutError):
            return one.recv(65_536)


def send_until_closed(one: socket.socket, most: int) -> int:
    """Bytes of a chunked body that could be sent."""
    chunk, sent = b"10000\r\n" + b" " * 0x10000 + b"\r\n", 0
    try:
        while sent < most:
            one.sendall(chunk)
            sent += len(chunk)
    except ConnectionError:
        return sent
    return sent


def test_a_large_body_is_refused_before_any_of_it_is_sent(ingest: LocalIngest, key: str) -> None:
    with ingest.unfinished(*[key] * PLACES), socket.create_connection(("127.0.0.1", ingest.port)) as late:
        late.sendall(request_head(key, f"content-length: {MAX_BODY_BYTES}"))
        answer = read_answer(late)
    assert answer.startswith(b"http/1.1 503 ")
    assert b"\r\nretry-after: 2\r\n" in answer
    assert b"\r\nconnection: close\r\n" in answer
    assert post(ingest, key, batch(1)).status_code == 202


def test_of_a_body_without_end_only_so_much_is_read(ingest: LocalIngest, key: str) -> None:
    with ingest.unfinished(*[key] * PLACES), socket.create_connection(("127.0.0.1", ingest.port)) as endless:
        endless.sendall(request_head(key, "transfer-encoding: chunked"))
        assert read_answer(endless).startswith(b"http/1.1 503 ")
        assert send_until_closed(endless, 10 * MAX_BODY_BYTES) < MAX_BODY_BYTES + KERNEL_BYTES


def test_a_caller_that_asks_first_sends_nothing(ingest: LocalIngest, key: str) -> None:
    with ingest.unfinished(*[key] * PLACES), socket.create_connection(("127.0.0.1", ingest.port)) as polite:
        polite.sendall(request_head(key, "content-length: 10", "expect: 100-continue"))
        answer = read_answer(polite)
    assert answer.startswith(b"http/1.1 503 ")
    assert b"\r\nconnection: close\r\n" in answer


def test_a_small_body_is_dropped_and_its_connection_goes_on(ingest: LocalIngest, key: str) -> None:
    with httpx.Client(timeout=30) as client:
        with ingest.unfinished(*[key] * PLACES):
            refused = client.post(f"{ingest.url}/v1/events", content=batch(1), headers=headers(key))
        accepted = client.post(f"{ingest.url}/v1/events", content=batch(1), headers=headers(key))
    assert (refused.status_code, accepted.status_code) == (503, 202)
    assert refused.extensions["network_stream"] is accepted.extensions["network_stream"]


async def with_httpx(url: str, key: str, body: bytes) -> Seen:
    answer = await asyncio.to_thread(httpx.post, url, content=body, headers=headers(key), timeout=30)
    return answer.status_code, answer.headers.get("retry-after")


async def with_httpx_async(url: str, key: str, body: bytes) -> Seen:
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.post(url, content=body, headers=headers(key))
        return answer.status_code, answer.headers.get("retry-after")


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def with_aiohttp(url: str, key: str, body: bytes) -> Seen:
    data, before = io.BytesIO(body), open_files()
    async with aiohttp.ClientSession() as client, client.post(url, data=data, headers=headers(key)) as answer:
        await answer.read()

    async def sent_all() -> bool:
        return open_files() <= before

    # Its connection outlives its session by what it still sends, and must not outlive the loop.
    await eventually(sent_all, deadline_seconds=30, what="aiohttp's connection closed")
    return answer.status, answer.headers.get("retry-after")


async def with_the_standard_library(url: str, key: str, body: bytes) -> Seen:
    def ask() -> Seen:
        parts = httpx.URL(url)
        connection = http.client.HTTPConnection(parts.host, parts.port, timeout=30)
        connection.request("POST", parts.path, body, headers(key))
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, answer.headers.get("retry-after")

    return await asyncio.to_thread(ask)


CLIENTS = (with_httpx, with_httpx_async, with_aiohttp, with_the_standard_library)


@pytest.mark.parametrize("size", [2_000, 200_000, MAX_BODY_BYTES])
@pytest.mark.parametrize("client", CLIENTS)
def test_every_client_sees_the_refusal_and_no_broken_connection(
    ingest: LocalIngest, key: str, client: Callable[[str, str, bytes], Awaitable[Seen]], size: int
) -> None:
    async def three_times() -> list[Seen]:
        return [await client(f"{ingest.url}/v1/events", key, b" " * size) for _ in range(3)]

    with ingest.unfinished(*[key] * PLACES):
        assert asyncio.run(three_times()) == [(503, "2")] * 3


def test_a_file_that_is_sent_while_ingest_is_full_arrives_when_it_is_not(ingest: LocalIngest, key: str) -> None:
    client, events = EventClient(ingest.url, key, dry_run=False), json.loads(batch(FULL_BATCH))
    with ThreadPoolExecutor(1) as sending:
        with ingest.unfinished(*[key] * PLACES):
            before = ingest.metric(REFUSED)
            results = sending.submit(client.send, events)
            wait_until(lambda: ingest.metric(REFUSED) > before, deadline_seconds=20, what="refused")
        assert results.result(timeout=60) == [None] * FULL_BATCH
    client.close()


@pytest.fixture
def impatient(ingest: LocalIngest, kafka: LocalKafka, engine: EngineProcess) -> Iterator[tuple[LocalIngest, str]]:
    """Another that waits for bodies no longer than a second, with a key."""
    process = LocalIngest(
        ingest.folder / "impatient",
        kafka.bootstrap,
        create_schema(engine),
        f"t{uuid4().hex[:8]}.",
        max_in_flight_requests="1",
        body_deadline_seconds=str(BODY_DEADLINE_SECONDS),
    )
    process.start()
    made = process.new_key("dvc")
    wait_until(lambda: post(process, made, b"[]").status_code == 400, deadline_seconds=10, what="key known")
    yield process, made
    assert process.stop() == 0, process.log()


def test_a_body_that_drips_loses_its_place(impatient: tuple[LocalIngest, str]) -> None:
    ingest, key = impatient
    with socket.create_connection(("127.0.0.1", ingest.port)) as dripping:
        dripping.sendall(request_head(key, "content-length: 1000"))
        answer = drip(dripping).lower()
        assert answer.startswith(b"http/1.1 408 ")
        assert b"\r\nconnection: close\r\n" in answer
        assert post(ingest, key, batch(1)).status_code == 202
