"""An event as it comes over the wire, and what its decoder's complaints mean. Pure."""

import functools
import operator
import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, cast

import msgspec
from msgspec import Meta, Raw, Struct

from services.ingest.reasons import RejectReason
from shared.contracts.vocabulary import EVENT_TYPES, EventType

Instant = Annotated[datetime, Meta(tz=True)]


class WireAttributes(Struct, kw_only=True, forbid_unknown_fields=True, gc=False):
    """CloudEvents 1.0 attributes and our extensions, without what the two ways of decoding tell apart."""

    specversion: str
    id: str
    source: str
    subject: str
    time: Instant
    unit: str
    recordedtime: Instant | None = None
    corrects: str | None = None
    datacontenttype: str | None = None
    dataschema: str | None = None


class WireEvent(WireAttributes, kw_only=True):
    """Any event by itself; `data` is decoded when its type is known, so that each fault has its own complaint."""

    type: str
    data: Raw = Raw(b"{}")


class TypedEvent(WireAttributes, kw_only=True):
    """An event decoded in one go with its `data`; its type is told by its class, one of `SHAPES`."""

    data: Any


def _shape(kind: EventType) -> type[TypedEvent]:
    made = msgspec.defstruct(
        kind.data.__name__, [("data", kind.data)], bases=(TypedEvent,), tag_field="type", tag=kind.name, kw_only=True
    )
    return cast("type[TypedEvent]", made)


SHAPES = {name: _shape(kind) for name, kind in EVENT_TYPES.items()}

ATTRIBUTES = frozenset(WireEvent.__struct_fields__)
DECLARED = frozenset(
    {f"/{name}" for name in ATTRIBUTES}
    | {f"/data/{name}" for kind in EVENT_TYPES.values() for name in kind.data.__struct_fields__}
)
"""Pointers that an answer may name: everything else could itself be personal data."""

decode_wire = msgspec.json.Decoder(WireEvent).decode
"""Raises `msgspec.DecodeError` or `UnicodeDecodeError`."""

_any_shape = functools.reduce(operator.or_, SHAPES.values())
decode_typed: Callable[[bytes], list[TypedEvent]] = msgspec.json.Decoder(list[_any_shape]).decode  # type: ignore[valid-type]
"""A whole batch at once, a third cheaper than one by one; one fault anywhere and it raises, as `decode_wire` does."""

split_batch = msgspec.json.Decoder(list[Raw]).decode
"""The members of a JSON array without decoding them. Raises `msgspec.DecodeError`, `RecursionError`."""

_path = re.compile(r" - at `\$((?:\.\w+)*)")
_missing = re.compile(r"^Object missing required field `(\w+)`")


def complaint(error: Exception, prefix: str = "") -> tuple[RejectReason, str]:
    """Reason and pointer of a decoder's error. Its message may hold a value, so nothing else of it is used.

    `prefix` is "" for attributes and "/data" for data.
    """
    message = str(error)
    found = _path.search(message)
    pointer = prefix + (found[1].replace(".", "/") if found else "")
    in_data = bool(prefix)
    if missing := _missing.match(message):
        reason = RejectReason.DATA_MISSING_FIELD if in_data else RejectReason.MISSING_ATTRIBUTE
        return reason, f"{pointer}/{missing[1]}"
    if message.startswith("Object contains unknown field"):
        return (RejectReason.DATA_UNKNOWN_FIELD if in_data else RejectReason.UNKNOWN_ATTRIBUTE), pointer
    if in_data:
        return RejectReason.DATA_INVALID, pointer
    if pointer in {"/time", "/recordedtime"}:
        return RejectReason.TIME_FORMAT, pointer
    return (RejectReason.INVALID_ATTRIBUTE if pointer else RejectReason.NOT_AN_EVENT), pointer


def decode_loosely(raw: bytes | Raw) -> Any:
    """The JSON value, or None when it cannot be decoded; for looking into what is refused anyway."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
