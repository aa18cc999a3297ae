"""From the bytes of a request to its raw events: compression with a cap, and the CloudEvents modes. Pure."""

import re
import zlib
from collections.abc import Mapping
from enum import Enum, auto
from urllib.parse import unquote

import msgspec
import zstandard
from msgspec import Raw

from services.ingest.problems import Problem, Refused
from services.ingest.wire import split_batch

ZSTD_WINDOW_BYTES = 8 << 20
"""Window of zstd's highest ordinary level; a frame may ask for gigabytes."""

GZIP_MEMBERS = 64
"""Writers make one member, or one for each file put together; every further one costs a copy of what is left."""

COMMAS_PER_EVENT = 64
"""A well-formed event has under 30; a body of millions of tiny values is refused before it is split."""

_content_type = re.compile(r"\s*([\w.+/-]+)\s*(?:;\s*charset=\"?([\w-]+)\"?)?\s*", re.IGNORECASE)
_text = msgspec.json.Encoder()
_one_value = msgspec.json.Decoder(Raw)


class Mode(Enum):
    """CloudEvents HTTP content modes."""

    STRUCTURED = auto()
    BATCH = auto()
    BINARY = auto()


_MODES = {
    "application/cloudevents+json": Mode.STRUCTURED,
    "application/cloudevents-batch+json": Mode.BATCH,
    "application/json": Mode.BINARY,
}


def mode_of(headers: Mapping[str, str]) -> Mode:
    """The content mode. Raises `Refused` for another media type or character set."""
    found = _content_type.fullmatch(headers.get("content-type", ""))
    mode = _MODES.get(found[1].lower()) if found else None
    charset = (found[2] or "utf-8").lower() if found else ""
    if mode is None and found is None and "ce-specversion" in headers and "content-type" not in headers:
        mode, charset = Mode.BINARY, "utf-8"
    if mode is None or charset != "utf-8" or (mode is Mode.BINARY and "ce-specversion" not in headers):
        raise Refused(Problem.MEDIA_TYPE)
    return mode


def inflate(body: bytes, encoding: str, limit: int) -> bytes:
    """The body without its compression, never more than `limit` bytes. Raises `Refused`."""
    try:
        match encoding.strip().lower():
            case "" | "identity":
                inflated = body
            case "gzip" | "x-gzip":
                inflated = _gunzip(body, limit)
            case "zstd":
                window = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES)
                inflated = window.stream_reader(body, read_across_frames=True).read(limit + 1)
            case _:
                raise Refused(Problem.CONTENT_ENCODING)
    except (zlib.error, zstandard.ZstdError, EOFError) as error:
        raise Refused(Problem.CONTENT_ENCODING) from error
    if len(inflated) > limit:
        raise Refused(Problem.INFLATED_TOO_LARGE)
    return inflated


def raw_events(mode: Mode, headers: Mapping[str, str], body: bytes, max_events: int) -> list[Raw]:
    """The events of a body, not yet decoded. Raises `Refused`."""
    try:
        match mode:
            case Mode.STRUCTURED:
                return [_one_value.decode(body)]
            case Mode.BINARY:
                return [_from_headers(headers, body)]
            case Mode.BATCH:
                return _from_batch(body, max_events)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(Problem.INVALID_JSON) from error


def refuse_many(body: bytes, max_events: int) -> None:
    """Before a batch is decoded at all. Raises `Refused`."""
    if body.count(b",") > COMMAS_PER_EVENT * max_events:
        raise Refused(Problem.TOO_MANY_EVENTS)


def _from_batch(body: bytes, max_events: int) -> list[Raw]:
    refuse_many(body, max_events)
    events = split_batch(body)
    if not events:
        raise Refused(Problem.EMPTY_BATCH)
    if len(events) > max_events:
        raise Refused(Problem.TOO_MANY_EVENTS)
    return events


def _from_headers(headers: Mapping[str, str], body: bytes) -> Raw:
    """One structured event made of `ce-` headers and the body; header values are percent-encoded."""
    event: dict[str, object] = {
        name[3:]: unquote(value, errors="strict") for name, value in headers.items() if name.startswith("ce-")
    }
    if "content-type" in headers:
        event["datacontenttype"] = headers["content-type"]
    event.pop("data", None)
    if body:
        event["data"] = _one_value.decode(body)
    return Raw(_text.encode(event))


def _gunzip(body: bytes, limit: int) -> bytes:
    """All members of a gzip body; stops at one byte above the limit. Raises `EOFError` for too many members."""
    parts: list[bytes] = []
    left = limit + 1
    while body and left > 0:
        if len(parts) == GZIP_MEMBERS:
            raise EOFError("gzip body of too many members")
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        part = member.decompress(body, left)
        left -= len(part)
        parts.append(part)
        if not member.eof and left > 0:
            raise EOFError("gzip body ends early")
        body = member.unused_data
    return b"".join(parts)
