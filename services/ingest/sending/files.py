"""Reads the files that people send, writes templates and the list of refused lines."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from services.ingest.sending.headings import columns_of
from services.ingest.sending.rows import Event, RowError, event_of_row, folded, with_id
from shared.errors import StartError

DELIMITERS = ";,\t"
BYTE_ORDER_MARK = "\ufeff"
"""Excel takes a file without it for another encoding than UTF-8."""

Line = tuple[int, Event | RowError]
"""Line number in the file, as an editor shows it, and what it became."""


def read_events(file: Path, kind: str | None, source: str, secret: str | None) -> Iterator[Line]:
    """Every line of a `.csv` or `.ndjson` file. Raises `StartError` for a file that cannot be read at all."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise StartError(f"{file}: tệp phải ở bảng mã UTF-8 (trong Excel: “CSV UTF-8”)") from error
    except OSError as error:
        raise StartError(f"{file}: {error.strerror}") from error
    if file.suffix.lower() in {".ndjson", ".jsonl"}:
        return _ndjson(text, source)
    return _csv(text, kind, source, secret)


def template(kind: str) -> str:
    """The heading line of a type's table, for Excel."""
    text = io.StringIO()
    headings = [f"{column.heading} *" if column.required else column.heading for column in columns_of(kind)]
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerow(headings)
    return BYTE_ORDER_MARK + text.getvalue()


class RejectFile:
    """The refused lines with their reasons; made only when there is one. It repeats no value of the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0

    def add(self, line: int, reason: str, pointer: str, sentence: str) -> None:
        """One refused line."""
        with self.path.open("w" if not self.count else "a", encoding="utf-8", newline="") as out:
            if not self.count:
                out.write(BYTE_ORDER_MARK)
            writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
            if not self.count:
                writer.writerow(["Dòng", "Lý do", "Trường", "Giải thích"])
            writer.writerow([line, reason, pointer, sentence])
        self.count += 1


def delimiter_of(heading_line: str) -> str:
    """The delimiter that the heading line uses most; headings themselves have none of them."""
    return max(DELIMITERS, key=heading_line.count)


def _csv(text: str, kind: str | None, source: str, secret: str | None) -> Iterator[Line]:
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(first))
    headings = [folded(heading) for heading in next(reader, [])]
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        row = dict(zip(headings, cells, strict=False))
        try:
            yield reader.line_num, event_of_row(row, kind, source, secret)
        except RowError as error:
            yield reader.line_num, error


def _ndjson(text: str, source: str) -> Iterator[Line]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield number, _event_of_line(line, source)


def _event_of_line(line: str, source: str) -> Event | RowError:
    try:
        event: Any = msgspec.json.decode(line)
    except msgspec.DecodeError:
        return RowError("Dòng không phải là JSON hợp lệ.")
    if not isinstance(event, dict):
        return RowError("Dòng không phải là một đối tượng JSON.")
    return with_id({"specversion": "1.0", "source": source} | event)
