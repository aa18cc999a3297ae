"""Messages of the `commands` topic: what a person asks of the alerts. The api writes them, the alerts service acts."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

MAX_NOTE_CHARACTERS = 500
MAX_SILENCE_DAYS = 90
"""A silence that nobody remembers is an alert that is lost; longer works are silenced again."""

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""With its zone: one without cannot be held against the clock."""

Action = Literal["acknowledge", "note", "escalate", "silence", "end_silence"]


class Matching(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which alerts a silence keeps quiet; empty fields match all, and one at least is given."""

    alert_id: str = ""
    rule: str = ""
    indicator: str = ""
    unit: str = ""


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One command. `id` makes a repeat harmless. `by` is the owner of the key that asked, never a person's name.

    acknowledge: `alert_id`, `until` optional · note: `alert_id`, `note` · escalate: `alert_id` · silence: `matching`,
    `begins`, `until` (the silence's id is the command's) · end_silence: `silence_id`.
    """

    id: Annotated[str, msgspec.Meta(pattern="^[0-9a-f-]{36}$")]
    action: Action
    by: str
    at: Instant
    alert_id: str = ""
    silence_id: str = ""
    matching: Matching | None = None
    begins: Instant | None = None
    until: Instant | None = None
    note: Annotated[str, msgspec.Meta(max_length=MAX_NOTE_CHARACTERS)] = ""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Command)


def encode_command(command: Command) -> bytes:
    """JSON bytes of one message."""
    return _encoder.encode(command)


def decode_command(record: bytes) -> Command:
    """Raises `msgspec.DecodeError` for bytes that are no command."""
    return _decoder.decode(record)
