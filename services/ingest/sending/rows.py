"""Turns one row of a table into an event; what it cannot read is left as it is, and ingest says what is wrong. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from types import NoneType
from typing import Any, get_args, get_type_hints
from uuid import UUID, uuid5

import msgspec

from services.ingest.sending.headings import (
    ATTRIBUTE_HEADINGS,
    CODED_SUBJECTS,
    DATA_HEADINGS,
    KEYED_SUBJECTS,
    SUBJECT,
    TYPE,
    WORDS,
    subjects_of,
)  # fmt: skip
from shared.contracts.vocabulary import EVENT_TYPES
from shared.filing_keys import filing_key

ID_NAMESPACE = UUID("6f1c2a52-3d43-4f8e-9a51-0f4b7c1f5e11")
"""Changing it would give every row another id, so that a file that is sent again would be counted again."""

LOCAL_OFFSET = "+07:00"

_day_first = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_local_iso = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2})(:\d{2})?)?")
_yes = frozenset({"có", "co", "x", "1", "true", "yes", "đúng"})
_no = frozenset({"không", "khong", "0", "false", "no", "sai"})
_encode = msgspec.json.Encoder(order="deterministic").encode

Event = dict[str, Any]


class RowError(Exception):
    """A row that cannot become an event; `reason` is said in Vietnamese and repeats no value."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def folded(heading: str) -> str:
    """A heading as it is compared: NFC, lower case, single spaces, without the mark of a required column."""
    return " ".join(unicodedata.normalize("NFC", heading).replace("*", " ").lower().split())


def event_of_row(row: Mapping[str, str], kind: str | None, source: str, secret: str | None) -> Event:
    """The event of a row (folded heading → text). Raises `RowError`."""
    kind = kind or row.get(folded(TYPE), "").strip()
    if kind not in EVENT_TYPES:
        raise RowError("Không rõ loại sự kiện: điền cột “Loại sự kiện” hoặc dùng --type.")
    event: Event = {"specversion": "1.0", "source": source, "type": kind}
    for heading, name in ATTRIBUTE_HEADINGS.items():
        text = row.get(folded(heading), "").strip()
        if text and name != "type":
            event[name] = instant(text) if name in {"time", "recordedtime"} else text
    event["data"] = _data(row, kind)
    event["subject"] = _subject(row, kind, event, secret)
    return with_id(event)


def with_id(event: Event) -> Event:
    """The event with an id made of its content when it has none, so that sending it again changes nothing."""
    if event.get("id"):
        return event
    content = {name: value for name, value in event.items() if name not in {"id", "recordedtime"}}
    return event | {"id": str(uuid5(ID_NAMESPACE, _encode(content).decode()))}


def instant(text: str) -> str:
    """RFC 3339 of a day-first or ISO date and time; without an offset it is Vietnamese time."""
    if found := _day_first.fullmatch(text):
        day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
        return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{LOCAL_OFFSET}"
    if found := _local_iso.fullmatch(text):
        return f"{found[1]}T{found[2] or '00:00'}{found[3] or ':00'}{LOCAL_OFFSET}"
    return text


def _data(row: Mapping[str, str], kind: str) -> dict[str, Any]:
    hints = get_type_hints(EVENT_TYPES[kind].data)
    data: dict[str, Any] = {}
    for name, hint in hints.items():
        text = (row.get(folded(DATA_HEADINGS[name])) or row.get(name) or "").strip()
        if text:
            data[name] = _value(name, hint, text)
    return data


def _value(name: str, hint: Any, text: str) -> Any:
    kinds = set(get_args(hint)) - {NoneType} or {hint}
    word = unicodedata.normalize("NFC", text).lower()
    if bool in kinds and word in _yes | _no:
        return word in _yes
    if int in kinds and re.fullmatch(r"-?[0-9]{1,16}", text):
        return int(text)
    if datetime in kinds:
        return instant(text)
    if name == "as_of":
        return instant(text)[:10]
    return WORDS.get(name, {}).get(word, text)


def _subject(row: Mapping[str, str], kind: str, event: Event, secret: str | None) -> str:
    whole = row.get(folded(SUBJECT), "").strip()
    if whole:
        return whole
    for name in subjects_of(kind):
        subject = _keyed(row, name, secret) if name in KEYED_SUBJECTS else _coded(row, name, event)
        if subject:
            return subject
    raise RowError("Thiếu đối tượng của sự kiện (số, khóa hoặc mã).")


def _keyed(row: Mapping[str, str], name: str, secret: str | None) -> str:
    number, key = (row.get(folded(heading), "").strip() for heading in KEYED_SUBJECTS[name])
    if key:
        return f"{name}/{key}"
    if not number:
        return ""
    if secret is None:
        raise RowError("Cần tệp bí mật của tỉnh (--secret-file) để băm số gốc tại máy này.")
    return f"{name}/{filing_key(secret, number)}"


def _coded(row: Mapping[str, str], name: str, event: Event) -> str:
    known = {"{unit}": event.get("unit", ""), "{window_start}": _utc(event["data"].get("window_start", ""))}
    parts = [known.get(part) or row.get(folded(part), "").strip() for part in CODED_SUBJECTS[name]]
    if not all(parts):
        raise RowError("Thiếu mã trong đối tượng của sự kiện.")
    return "/".join((name, *parts))


def _utc(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    if moment.tzinfo is None:
        return ""
    utc = datetime.fromtimestamp(moment.timestamp(), tz=UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%SZ")
