"""API keys: who may send or see what. Pure; tables of keys are read and written in `shared/keystore.py`."""

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest

PREFIX = "ct"
KEY_ID_BYTES = 5
"""40 bits name a key; guessing one gains nothing without its secret."""

SECRET_BYTES = 32
"""256 random bits cannot be searched, so that a plain SHA-256 of them is a safe thing to store."""

_bearer = re.compile(rf"bearer\s+{PREFIX}_([0-9a-f]{{{2 * KEY_ID_BYTES}}})_[\w-]{{43}}\s*", re.IGNORECASE | re.ASCII)
"""43 characters of URL-safe Base64 hold the secret's 32 bytes."""


class Role(StrEnum):
    """What a key is for: `emit` sends events, `view` reads boards, `operate` also sees filings and acts on alerts."""

    EMIT = "emit"
    VIEW = "view"
    OPERATE = "operate"


class KeyState(StrEnum):
    """A revoked key never becomes active again."""

    ACTIVE = "active"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What is stored of a key; `hash` is the SHA-256 (64 hex digits) of its secret.

    Empty `units` and `types` do not restrict: what the catalogue allows the system is then the only limit.
    """

    key_id: str
    hash: str
    role: Role
    owner: str
    system: str = ""
    units: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    state: KeyState = KeyState.ACTIVE
    at: datetime | None = None

    def allows_unit(self, unit: str) -> bool:
        """True when the key itself does not exclude the unit."""
        return not self.units or unit in self.units

    def allows_type(self, event_type: str) -> bool:
        """True when the key itself does not exclude the type."""
        return not self.types or event_type in self.types

    def revoked(self, at: datetime) -> "KeyRecord":
        """The same key, no longer valid."""
        return replace(self, state=KeyState.REVOKED, at=at)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made: `token` is shown once and never stored."""

    token: str
    record: KeyRecord


def new_key(
    role: Role,
    owner: str,
    *,
    system: str = "",
    units: Iterable[str] = (),
    types: Iterable[str] = (),
    at: datetime | None = None,
) -> NewKey:
    """Makes a key `ct_<key id>_<secret>`; `system` is required for `emit` and stays empty otherwise."""
    if (role is Role.EMIT) != bool(system):
        raise ValueError("a key that emits belongs to a system, and no other key does")
    key_id, secret = secrets.token_hex(KEY_ID_BYTES), secrets.token_urlsafe(SECRET_BYTES)
    record = KeyRecord(
        key_id, hash_secret(secret), role, owner, system, frozenset(units), frozenset(types), KeyState.ACTIVE, at
    )
    return NewKey(f"{PREFIX}_{key_id}_{secret}", record)


def hash_secret(secret: str) -> str:
    """SHA-256 of a key's secret, 64 hex digits."""
    return sha256(secret.encode()).hexdigest()


def key_id_of(authorization: str) -> str:
    """The key id of an `Authorization: Bearer …` header that has the form of a key, "" for every other header."""
    found = _bearer.fullmatch(authorization)
    return found[1] if found else ""


def authenticate(authorization: str, ring: Mapping[str, KeyRecord]) -> KeyRecord | None:
    """The active key that an `Authorization: Bearer …` header proves, None for every other header."""
    scheme, _, token = authorization.partition(" ")
    parts = token.strip().split("_", 2)
    if scheme.lower() != "bearer" or len(parts) != 3 or parts[0] != PREFIX:
        return None
    record = ring.get(parts[1])
    if record is None or record.state is not KeyState.ACTIVE:
        return None
    return record if compare_digest(record.hash, hash_secret(parts[2])) else None
