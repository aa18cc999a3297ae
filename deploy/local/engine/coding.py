"""Content codings of HTTP bodies, with a cap on what a compressed body may grow to."""

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import lz4.frame
import zstandard

from deploy.local.engine.errors import EngineError

CHUNK_BYTES = 1024 * 1024
"""Most that one step of decompression may put out before the cap is looked at again."""
ZSTD_STEP_BYTES = 2048
"""zstd has no bound on the output of a step; at most 128 KB come out of each 4 bytes, so 64 MB of this many."""
WORTH_COMPRESSING_BYTES = 1024
"""Smaller answers travel faster as they are."""
_ZSTD_LEVEL = 1
_GZIP_LEVEL = 3
"""Answers go over the loopback: cheap levels, or compression takes longer than it saves."""


class _Inflater(Protocol):
    eof: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


def inflate(body: Iterable[bytes], coding: str, limit_bytes: int) -> Iterator[bytes]:
    """Plain chunks of a body. `EngineError` 48 (unknown coding), 117 (broken), 229 (larger than the limit)."""
    total = 0
    for chunk in _decoded(body, coding):
        total += len(chunk)
        if total > limit_bytes:
            raise EngineError(229, "QUERY_IS_TOO_LARGE", f"Body is larger than {limit_bytes} bytes after decompression")
        yield chunk


def compress(body: bytes, accepted: str) -> tuple[bytes, str]:
    """The body in the first coding that the client accepts and this server prefers; `""` when it stays as it is."""
    offered = {part.split(";")[0].strip().lower() for part in accepted.split(",")}
    if len(body) < WORTH_COMPRESSING_BYTES:
        return body, ""
    for coding, pack in _PACKERS.items():
        if coding in offered:
            return pack(body), coding
    return body, ""


def _decoded(body: Iterable[bytes], coding: str) -> Iterator[bytes]:
    if coding in {"", "identity"}:
        yield from body
        return
    if coding not in _INFLATERS:
        raise EngineError(48, "NOT_IMPLEMENTED", "Content-Encoding must be gzip, deflate, zstd or lz4")
    try:
        yield from _frames(_slices(body, ZSTD_STEP_BYTES) if coding == "zstd" else body, _INFLATERS[coding])
    except (OSError, EOFError, RuntimeError, zlib.error, zstandard.ZstdError) as error:
        raise EngineError(117, "INCORRECT_DATA", f"Body is not valid {coding}") from error


def _frames(body: Iterable[bytes], new: Callable[[], _Inflater]) -> Iterator[bytes]:
    """One frame after another: clients compress block by block, each into a frame of its own."""
    inflater: _Inflater | None = None
    for data in body:
        left = data
        while left or (inflater is not None and not _needs_input(inflater)):
            inflater = inflater or new()
            yield inflater.decompress(left, CHUNK_BYTES)
            left = b""
            if inflater.eof:
                left, inflater = inflater.unused_data or b"", None
    if inflater is not None:
        raise EOFError


def _needs_input(inflater: Any) -> bool:
    return bool(inflater.needs_input)


def _slices(body: Iterable[bytes], size: int) -> Iterator[bytes]:
    for data in body:
        for at in range(0, len(data), size):
            yield data[at : at + size]


class _Zstd:
    """zstandard with the interface of the other inflaters; what one call puts out is bounded by what it is given."""

    needs_input = True

    def __init__(self) -> None:
        self._object = zstandard.ZstdDecompressor().decompressobj()

    @property
    def eof(self) -> bool:
        return self._object.eof

    @property
    def unused_data(self) -> bytes:
        return self._object.unused_data

    def decompress(self, data: bytes, _: int = 0) -> bytes:
        return self._object.decompress(data)


class _Zlib:
    """zlib with the interface of the other inflaters."""

    def __init__(self, window_bits: int) -> None:
        self._object = zlib.decompressobj(window_bits)

    @property
    def eof(self) -> bool:
        return self._object.eof

    @property
    def unused_data(self) -> bytes:
        return self._object.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._object.unconsumed_tail

    def decompress(self, data: bytes, max_length: int = CHUNK_BYTES) -> bytes:
        return self._object.decompress(self._object.unconsumed_tail + data, max_length)


_INFLATERS: dict[str, Callable[[], Any]] = {
    "gzip": lambda: _Zlib(31),
    "deflate": lambda: _Zlib(15),
    "lz4": lz4.frame.LZ4FrameDecompressor,
    "zstd": _Zstd,
}
_PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "lz4": lz4.frame.compress,
    "zstd": lambda body: zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(body),
    "gzip": lambda body: gzip.compress(body, _GZIP_LEVEL, mtime=0),
    "deflate": zlib.compress,
}
