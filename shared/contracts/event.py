"""An accepted event as it stands in the log, and the envelope that carries events through Kafka."""

from hashlib import blake2b
from typing import Any

import msgspec

LOCAL_OFFSET_US = 7 * 3600 * 1_000_000
"""Asia/Ho_Chi_Minh is UTC+7 without exception since 1975 (tested against tzdata); no event is older than 2026."""

DAY_US = 86_400 * 1_000_000

CONTENT_HASH_BYTES = 12
"""96 bits: two contents under one (source, id) collide with probability 2^-96."""


ALL_UNITS = ("*",)
"""`Event.reach` of a key that speaks for every unit of its system."""


class Event(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One accepted, normalised event.

    `time` and `recorded` are microseconds since 1970 UTC (`recorded` 0 when absent, so that it orders first);
    `corrects` is "" when absent; `data` holds str, int, bool or None only, instants as RFC 3339 in UTC.
    """

    source: str
    id: str
    type: str
    subject: str
    time: int
    unit: str
    recorded: int
    corrects: str
    content: bytes
    data: dict[str, Any]
    reach: tuple[str, ...] = ()
    """Of a correction or retraction: units besides `unit` whose events it may act on, for its sender's key speaks for
    them. Not content. Older records have none: their links act within their own unit."""

    @property
    def day(self) -> int:
        """Local date (Asia/Ho_Chi_Minh) of `time`, in days since 1970-01-01."""
        return local_day(self.time)


class Envelope(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One Kafka record of `events`: events of one partition, accepted together at `received` (ms since 1970)."""

    received: int
    events: list[Event]
    version: int = 1


def local_day(time_us: int) -> int:
    """Days since 1970-01-01 of the local date of an instant in microseconds."""
    return (time_us + LOCAL_OFFSET_US) // DAY_US


def content_hash(event: Event) -> bytes:
    """Hash of attributes and data after normalisation, without `recordedtime` and `reach`: what makes a duplicate."""
    return hash_of(event.type, event.subject, event.time, event.unit, event.corrects, event.data)


def hash_of(type_: str, subject: str, time: int, unit: str, corrects: str, data: dict[str, Any]) -> bytes:
    """`content_hash` of an event that is still to be made of these."""
    content = _canonical.encode((type_, subject, time, unit, corrects, data))
    return blake2b(content, digest_size=CONTENT_HASH_BYTES).digest()


_canonical = msgspec.msgpack.Encoder(order="deterministic")
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Envelope)


def encode_envelope(envelope: Envelope) -> bytes:
    """MessagePack bytes of one record."""
    return _encoder.encode(envelope)


def decode_envelope(record: bytes) -> Envelope:
    """Raises `msgspec.DecodeError` (`ValidationError` included) for a record that is no envelope."""
    return _decoder.decode(record)
