"""The copy of one partition of the log: files of records that follow each other without a gap.

`<first>-<last>.zst`, both offsets included; inside, each record as its length in four bytes and then as MessagePack. A
file is complete or absent, and zstd's checksum tells when it was damaged.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

import msgspec
import zstandard

from shared.errors import StartError

_NAME = re.compile(r"(?P<first>\d{20})-(?P<last>\d{20})\.zst")
_LENGTH_BYTES = 4
_READ_BYTES = 1 << 20


class Copied(msgspec.Struct, array_like=True, frozen=True):
    """A record as it stands in the log; `at_ms` is its timestamp, which becomes `received`."""

    offset: int
    at_ms: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


@dataclass(frozen=True)
class Segment:
    """One file."""

    first: int
    last: int
    path: Path


def segments(folder: Path) -> list[Segment]:
    """Those of a partition in order. Raises `StartError` when records between them are missing."""
    found = [
        Segment(int(match["first"]), int(match["last"]), path)
        for path in sorted(folder.glob("*.zst"))
        if (match := _NAME.fullmatch(path.name))
    ]
    wanted = 0
    for one in found:
        if one.first != wanted:
            raise StartError(f"copy in {folder}: records {wanted} to {one.first - 1} are missing")
        wanted = one.last + 1
    return found


def copied_end(folder: Path) -> int:
    """The offset after the last copied record."""
    every = segments(folder)
    return every[-1].last + 1 if every else 0


def read(segment: Segment) -> Iterator[Copied]:
    """Its records. Raises `StartError` when the file does not hold exactly what its name says."""
    decoder, wanted = msgspec.msgpack.Decoder(Copied), segment.first
    try:
        with segment.path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as plain:
            while length := plain.read(_LENGTH_BYTES):
                record = decoder.decode(_exactly(plain, int.from_bytes(length, "big")))
                if record.offset != wanted:
                    raise StartError(f"{segment.path}: record {record.offset} where {wanted} belongs")
                wanted += 1
                yield record
    except (zstandard.ZstdError, msgspec.DecodeError, EOFError) as error:
        raise StartError(f"{segment.path} is damaged after record {wanted - 1}: {error}") from error
    if wanted != segment.last + 1:
        raise StartError(f"{segment.path} ends before record {wanted}")


def record_at(folder: Path, offset: int) -> Copied | None:
    """One copied record; None when the copy does not hold it."""
    for segment in segments(folder):
        if segment.first <= offset <= segment.last:
            return next(one for one in read(segment) if one.offset == offset)
    return None


class SegmentWriter:
    """Writes one segment; nothing is seen of it before `finish`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._draft = folder / "draft"
        self._file: BinaryIO = self._draft.open("wb")
        self._out = zstandard.ZstdCompressor(write_checksum=True).stream_writer(self._file, closefd=False)
        self._first: int | None = None
        self._last = -1
        self.written_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._draft.unlink(missing_ok=True)

    def add(self, record: Copied) -> None:
        """The next record."""
        data = msgspec.msgpack.encode(record)
        self._out.write(len(data).to_bytes(_LENGTH_BYTES, "big"))
        self._out.write(data)
        self._first = record.offset if self._first is None else self._first
        self._last = record.offset
        self.written_bytes += len(data)

    def finish(self) -> Segment | None:
        """Puts the file in its place and on the disk; None when nothing was added."""
        if self._first is None:
            return None
        self._out.flush(zstandard.FLUSH_FRAME)
        self._file.flush()
        os.fsync(self._file.fileno())
        path = self._folder / f"{self._first:020d}-{self._last:020d}.zst"
        self._draft.rename(path)
        return Segment(self._first, self._last, path)


def _exactly(plain: zstandard.ZstdDecompressionReader, count: int) -> bytes:
    parts, left = [], count
    while left:
        part = plain.read(min(left, _READ_BYTES))
        if not part:
            raise EOFError("it is cut off")
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
