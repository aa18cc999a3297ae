"""`send FILE`: events of a CSV or NDJSON file; safe to repeat. `send --template TYPE`: an empty table for Excel."""

import argparse
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from services.ingest.reasons import EXPLANATIONS, RejectReason
from services.ingest.sending.client import BATCH_EVENTS, EventClient, Refusal
from services.ingest.sending.files import Line, RejectFile, read_events, template
from services.ingest.sending.headings import columns_of
from services.ingest.sending.rows import RowError
from shared.contracts.vocabulary import EVENT_TYPES
from shared.errors import RetryableError, StartError
from shared.filing_keys import read_province_secret

if TYPE_CHECKING:
    from argparse import _SubParsersAction

SENT, SOME_REJECTED, NOT_SENT = 0, 1, 2
"""Exit statuses."""

UNREADABLE = "row_unreadable"
"""The one reason that is not ingest's: the row never became an event."""


def add_to(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the `send` command to the command line."""
    parser = commands.add_parser("send", help="send a CSV or NDJSON file", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help=".csv or .ndjson, UTF-8")
    parser.add_argument("--url", default="http://127.0.0.1:8081", help="address of ingest (default: %(default)s)")
    parser.add_argument("--key-file", type=Path, help="file that holds the API key")
    parser.add_argument("--system", default="nhap-lieu", help="system that the key belongs to (default: %(default)s)")
    parser.add_argument("--type", choices=sorted(EVENT_TYPES), metavar="TYPE", help="type of all rows of a CSV file")
    parser.add_argument("--secret-file", type=Path, help="province secret; turns raw numbers into keys on this machine")
    parser.add_argument("--rejects", type=Path, help="file for refused lines (default: FILE.tu-choi.csv)")
    parser.add_argument("--dry-run", action="store_true", help="have the file checked, write nothing")
    parser.add_argument("--template", choices=sorted(EVENT_TYPES), metavar="TYPE", help="print an empty table instead")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """0 when every line was accepted, 1 when some were refused, 2 when it could not be sent."""
    if arguments.template:
        return _template(arguments.template)
    if arguments.file is None or arguments.key_file is None:
        print("send: FILE and --key-file are required (or --template TYPE)", file=sys.stderr)
        return NOT_SENT
    rejects = RejectFile(arguments.rejects or arguments.file.with_name(f"{arguments.file.name}.tu-choi.csv"))
    try:
        accepted = _send(arguments, rejects)
    except (StartError, RetryableError) as error:
        print(f"Chưa gửi xong: {error}", file=sys.stderr)
        return NOT_SENT
    done = "Kiểm tra thử, không ghi" if arguments.dry_run else "Đã gửi"
    print(f"{done}: {accepted} dòng được nhận, {rejects.count} dòng bị từ chối.")
    if rejects.count:
        print(f"Lý do từng dòng: {rejects.path}")
    return SOME_REJECTED if rejects.count else SENT


def _template(kind: str) -> int:
    sys.stdout.buffer.write(template(kind).encode())
    for column in columns_of(kind):
        print(f"{'* ' if column.required else '  '}{column.heading}: {column.allowed}", file=sys.stderr)
    return SENT


def _send(arguments: argparse.Namespace, rejects: RejectFile) -> int:
    secret = read_province_secret(arguments.secret_file) if arguments.secret_file else None
    lines = list(read_events(arguments.file, arguments.type, f"/systems/{arguments.system}", secret))
    client, accepted = EventClient(arguments.url, _key(arguments.key_file), dry_run=arguments.dry_run), 0
    try:
        with tqdm(total=len(lines), unit=" dòng", desc=arguments.file.name, disable=None) as progress:
            waiting = iter(lines)
            while batch := list(islice(waiting, BATCH_EVENTS)):
                accepted += _send_batch(client, batch, rejects)
                progress.update(len(batch))
    finally:
        client.close()
    return accepted


def _send_batch(client: EventClient, batch: list[Line], rejects: RejectFile) -> int:
    events = [event for _, event in batch if not isinstance(event, RowError)]
    results = iter(client.send(events) if events else [])
    accepted = 0
    for line, event in batch:
        if isinstance(event, RowError):
            rejects.add(line, UNREADABLE, "", event.reason)
        elif (refusal := next(results)) is None:
            accepted += 1
        else:
            rejects.add(line, refusal.reason, refusal.pointer, _sentence(refusal))
    return accepted


def _sentence(refusal: Refusal) -> str:
    known = RejectReason.__members__.get(refusal.reason.upper())
    return EXPLANATIONS[known] if known else ""


def _key(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise StartError(f"{file}: {error.strerror}") from error
