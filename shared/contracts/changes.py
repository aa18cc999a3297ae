"""The message of the `changes` topic: which cells moved, and up to where the log is processed."""

import msgspec


class Change(msgspec.Struct, frozen=True, gc=False):
    """A hint that follows a block: the cells are (reading, unit); `offset` is the block's last in `partition`."""

    partition: int
    offset: int
    version: int
    cells: list[tuple[str, str]]
    everything: bool = False
    """True after a switch of versions: every cell may have moved and `cells` is empty."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Change)


def encode_change(change: Change) -> bytes:
    """JSON bytes of one message."""
    return _encoder.encode(change)


def decode_change(record: bytes) -> Change:
    """Raises `msgspec.DecodeError` for bytes that are no change."""
    return _decoder.decode(record)
