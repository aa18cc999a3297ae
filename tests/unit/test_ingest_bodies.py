"""Bodies: compression with a cap, the three modes, and what is refused as a whole."""

import asyncio
import gzip
import json
import random
import zlib
from collections.abc import Callable

import msgspec
import pytest
import zstandard

from services.ingest.bodies import (
    GZIP_MEMBERS,
    Mode,
    inflate,
    mode_of,
    raw_events,
)
from services.ingest.intake import INFLATE_IN_LOOP_BYTES, inflate_aside
from services.ingest.problems import DETAILS, STATUS, Problem, Refused
from tests.support.events import filing_rated

LIMIT = 1_000_000


def refused(call: Callable[..., object], *arguments: object) -> Problem:
    with pytest.raises(Refused) as caught:
        call(*arguments)
    return caught.value.problem


@pytest.mark.parametrize("encoding", ["", "identity", "gzip", "GZIP", "zstd"])
def test_a_body_comes_out_as_it_went_in(encoding: str) -> None:
    plain = json.dumps([filing_rated(str(n)) for n in range(100)]).encode()
    packed = {"gzip": gzip.compress(plain), "zstd": zstandard.compress(plain)}.get(encoding.lower(), plain)

    assert inflate(packed, encoding, LIMIT) == plain


def test_members_and_frames_one_after_another_are_all_read() -> None:
    assert inflate(gzip.compress(b"one") + gzip.compress(b"two"), "gzip", LIMIT) == b"onetwo"
    assert inflate(zstandard.compress(b"one") + zstandard.compress(b"two"), "zstd", LIMIT) == b"onetwo"


def test_a_gzip_body_has_a_limited_number_of_members() -> None:
    member = gzip.compress(b"")

    assert inflate(member * (GZIP_MEMBERS - 1) + gzip.compress(b"x"), "gzip", LIMIT) == b"x"
    assert refused(inflate, member * GZIP_MEMBERS + gzip.compress(b"x"), "gzip", LIMIT) is Problem.CONTENT_ENCODING


async def test_a_large_body_is_inflated_while_other_requests_are_served() -> None:
    plain = random.Random(1).randbytes(2 * INFLATE_IN_LOOP_BYTES)
    loop_turned = asyncio.Event()
    asyncio.get_running_loop().call_soon(loop_turned.set)

    inflated = await inflate_aside(gzip.compress(plain), "gzip", LIMIT)

    assert (inflated, loop_turned.is_set()) == (plain, True)


async def test_a_large_broken_body_is_refused_like_a_small_one() -> None:
    damaged = gzip.compress(random.Random(1).randbytes(2 * INFLATE_IN_LOOP_BYTES))[:-9]

    with pytest.raises(Refused, match=Problem.CONTENT_ENCODING.value):
        await inflate_aside(damaged, "gzip", LIMIT)


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        (gzip.compress(b" " * 50_000_000), "gzip"),
        (gzip.compress(b" " * 600_000) * 2, "gzip"),
        (zstandard.compress(b" " * 50_000_000), "zstd"),
        (b" " * (LIMIT + 1), ""),
    ],
)
def test_inflation_stops_at_the_limit(packed: bytes, encoding: str) -> None:
    assert refused(inflate, packed, encoding, LIMIT) is Problem.INFLATED_TOO_LARGE


def test_exactly_the_limit_is_allowed() -> None:
    assert len(inflate(gzip.compress(b" " * LIMIT), "gzip", LIMIT)) == LIMIT


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        (b"plain", "gzip"),
        (gzip.compress(b"x" * 1000)[:-9], "gzip"),
        (b"plain", "zstd"),
        (zlib.compress(b"x"), "deflate"),
        (b"x", "gzip, gzip"),
    ],
)
def test_broken_or_unknown_compression_is_refused(packed: bytes, encoding: str) -> None:
    assert refused(inflate, packed, encoding, LIMIT) is Problem.CONTENT_ENCODING


@pytest.mark.parametrize(
    ("headers", "mode"),
    [
        ({"content-type": "application/cloudevents+json"}, Mode.STRUCTURED),
        ({"content-type": "application/CloudEvents+json; charset=UTF-8"}, Mode.STRUCTURED),
        ({"content-type": "application/cloudevents-batch+json"}, Mode.BATCH),
        ({"content-type": "application/json", "ce-specversion": "1.0"}, Mode.BINARY),
        ({"ce-specversion": "1.0"}, Mode.BINARY),
    ],
)
def test_the_mode_is_told_by_the_headers(headers: dict[str, str], mode: Mode) -> None:
    assert mode_of(headers) is mode


@pytest.mark.parametrize("kind", ["", "text/plain", "application/json", "application/cloudevents+json; charset=latin1"])
def test_other_media_types_are_refused(kind: str) -> None:
    assert refused(mode_of, {"content-type": kind}) is Problem.MEDIA_TYPE


def test_binary_mode_decodes_header_values_and_keeps_unknown_attributes_for_validation() -> None:
    headers = {"content-type": "application/json", "ce-specversion": "1.0", "ce-id": "h%E1%BB%93", "ce-color": "red"}

    (raw,) = raw_events(Mode.BINARY, headers, b'{"a":1}', 10)

    assert msgspec.json.decode(raw) == {
        "specversion": "1.0", "id": "hồ", "color": "red", "datacontenttype": "application/json", "data": {"a": 1},
    }  # fmt: skip


def test_binary_data_cannot_smuggle_in_attributes() -> None:
    assert refused(raw_events, Mode.BINARY, {"ce-specversion": "1.0"}, b'{},"source":"/x"', 10) is Problem.INVALID_JSON


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", Problem.INVALID_JSON),
        (b"{}", Problem.INVALID_JSON),
        (b"[{},]", Problem.INVALID_JSON),
        (b"[]", Problem.EMPTY_BATCH),
        (b"[1,1,1,1,1,1]", Problem.TOO_MANY_EVENTS),
        (b"[" + b"1," * 400 + b"1]", Problem.TOO_MANY_EVENTS),
        (b"[" * 100_000, Problem.INVALID_JSON),
    ],
)
def test_a_batch_that_is_none_is_refused(body: bytes, problem: Problem) -> None:
    assert refused(raw_events, Mode.BATCH, {}, body, 5) is problem


def test_every_problem_has_a_status_and_a_sentence() -> None:
    assert STATUS.keys() == DETAILS.keys() == set(Problem)
