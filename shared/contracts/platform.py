"""Events of the platform's own: they stand in the log like any other, and nobody outside can send them."""

from hashlib import blake2b

import msgspec

from shared.contracts.event import Event, content_hash

PLATFORM_SOURCE = "/systems/chitieu"
"""No system of the catalogue has this code, so that no key can speak for it."""

DISPLACED = "event.displaced"
"""Takes out an event whose (source, id) another subject had first. Not in the vocabulary: ingest refuses the type."""

ID_BYTES = 16


def displacement(source: str, id_: str, subject: str, unit: str, received: int) -> Event:
    """The event that takes (`source`, `id_`) out of `subject`; always the same one, so that repeating it is harmless.

    `unit` and `received` (ms) are those of the first delivery that is taken out.
    """
    named = blake2b(f"{source}\0{id_}\0{subject}".encode(), digest_size=ID_BYTES).hexdigest()
    data = {"id": id_, "source": source}
    plain = Event(PLATFORM_SOURCE, f"displaced-{named}", DISPLACED, subject, received * 1000, unit, 0, "", b"", data)
    return msgspec.structs.replace(plain, content=content_hash(plain))


def names_displaced(kind: str, source: str) -> bool:
    """Whether an event of this type and source takes another out of its subject."""
    return kind == DISPLACED and source == PLATFORM_SOURCE
