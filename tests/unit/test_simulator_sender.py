"""The simulator's sender: it waits when it is asked to, repeats what was not answered, and names what was rejected."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deploy.local.simulator.feed import NO_LIMIT, Pacer, batches_of
from deploy.local.simulator.keys import read_keys, require_keys
from deploy.local.simulator.sender import Batch, Sender, SendError, Tally, open_client

KEYS = {"dvc": "ct_dvc_secret", "soc": "ct_soc_secret"}


class Peer:
    """A listener that answers from a list (status, Retry-After); afterwards it accepts. Keeps what it was sent."""

    def __init__(self, answers: Sequence[tuple[int, str]], rejects: str = "") -> None:
        self.answers, self.rejects = list(answers), rejects
        self.requests: list[tuple[str, list[dict[str, str]]]] = []
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                peer.answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        events = json.loads(request.rfile.read(int(request.headers["content-length"])))
        self.requests.append((request.headers["authorization"], events))
        status, retry_after = self.answers.pop(0) if self.answers else (202, "")
        results = [
            {"status": "rejected", "reason": "unit_unknown"} if e["id"] == self.rejects else {"status": "accepted"}
            for e in events
        ]
        body = json.dumps({"results": results}).encode()
        request.send_response(status)
        if retry_after:
            request.send_header("retry-after", retry_after)
        request.send_header("content-length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer([])
    thread = threading.Thread(target=peer.server.serve_forever)
    thread.start()
    yield peer
    peer.server.shutdown()
    thread.join()
    peer.server.server_close()


async def send(peer: Peer, batches: Sequence[Batch]) -> Tally:
    async def stream() -> AsyncIterator[Batch]:
        for batch in batches:
            yield batch

    async with open_client(peer.url, 2) as client:
        sender = Sender(client, KEYS, 2)
        await sender.send_all(stream())
        return sender.tally


def event(id_: str) -> str:
    return json.dumps({"id": id_})


async def test_each_system_uses_its_own_key(peer: Peer) -> None:
    tally = await send(peer, [("dvc", [event("a"), event("b")]), ("soc", [event("c")])])
    assert sorted((key, [e["id"] for e in events]) for key, events in peer.requests) == [
        ("Bearer ct_dvc_secret", ["a", "b"]),
        ("Bearer ct_soc_secret", ["c"]),
    ]
    assert (tally.accepted, tally.retries) == (3, 0)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_ingest_gets_the_same_batch_again_after_the_time_it_names(peer: Peer, status: int) -> None:
    peer.answers = [(status, "1")]
    before = asyncio.get_running_loop().time()
    tally = await send(peer, [("dvc", [event("a")])])
    assert asyncio.get_running_loop().time() - before >= 1
    assert [events for _, events in peer.requests] == [[{"id": "a"}]] * 2
    assert (tally.accepted, tally.retries, tally.requests) == (1, 1, 1)


async def test_rejected_events_are_counted_by_their_reason(peer: Peer) -> None:
    peer.rejects = "b"
    tally = await send(peer, [("dvc", [event("a"), event("b")])])
    assert (tally.accepted, dict(tally.rejected)) == (1, {"unit_unknown": 1})


async def test_an_answer_about_the_whole_request_ends_the_run(peer: Peer) -> None:
    peer.answers = [(401, "")]
    with pytest.raises(SendError, match="401"):
        await send(peer, [("dvc", [event("a")])])


async def test_a_system_without_a_key_ends_the_run(peer: Peer) -> None:
    with pytest.raises(SendError, match="qlvb"):
        await send(peer, [("qlvb", [event("a")])])


async def test_batches_hold_one_system_each_and_lose_nothing() -> None:
    days = [[(d * 10 + n, "dvc" if n % 3 else "soc", f"{d}-{n}") for n in range(10)] for d in range(4)]
    seen: list[int] = []
    found = [b async for b in batches_of(iter(days), 4, Pacer(NO_LIMIT), seen.append)]
    assert seen == [10] * 4
    assert all(len(events) <= 4 for _, events in found)
    for system in ("dvc", "soc"):
        sent = [text for source, events in found if source == system for text in events]
        assert sent == [text for day in days for _, source, text in day if source == system]


@pytest.mark.parametrize("text", ['{"dvc": "ct_1", "soc": "ct_2"}', "# keys\ndvc=ct_1\n\nsoc = ct_2\n"])
def test_keys_are_read_from_json_or_lines(tmp_path: Path, text: str) -> None:
    file = tmp_path / "keys"
    file.write_text(text)
    assert read_keys(file) == {"dvc": "ct_1", "soc": "ct_2"}


def test_a_bad_key_file_is_refused_without_its_content(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("ct_secret_on_its_own")
    with pytest.raises(SendError) as refused:
        read_keys(file)
    assert "ct_secret" not in str(refused.value)
    with pytest.raises(SendError, match="qlvb, soc"):
        require_keys({"dvc": "x"}, {"filing": "dvc", "soc": "soc", "document": "qlvb"})
