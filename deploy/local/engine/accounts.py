"""Who may log in, what each may read, and within which limits."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from deploy.local.engine.errors import EngineError


@dataclass(frozen=True)
class Limits:
    """Upper bounds of one query; 0 means no bound (of rows, for the writer)."""

    memory_bytes: int
    seconds: int
    result_rows: int
    result_bytes: int

    def settings(self) -> dict[str, int]:
        """The same as ClickHouse settings, without the bounds that are 0."""
        every = {
            "max_memory_usage": self.memory_bytes,
            "max_execution_time": self.seconds,
            "max_result_rows": self.result_rows,
            "max_result_bytes": self.result_bytes,
        }
        return {name: value for name, value in every.items() if value}


@dataclass(frozen=True)
class Account:
    """A user of the engine. Its role and its settings profile in the engine carry the same name."""

    name: str
    password_hash: bytes
    limits: Limits
    writes: bool = False
    select: tuple[str, ...] = ("*.*",)


def password_hash(password: str) -> bytes:
    """Passwords are long random strings from files, so one round of SHA-256 is enough."""
    return hashlib.sha256(password.encode()).digest()


def authenticate(accounts: Iterable[Account], name: str, password: str) -> Account:
    """The account of that name and password, in constant time. `EngineError` 516 without saying which was wrong."""
    given = password_hash(password)
    found: Account | None = None
    for account in accounts:
        matches = hmac.compare_digest(account.password_hash, given)
        if account.name == name and matches:
            found = account
    if found is None:
        raise EngineError(
            516,
            "AUTHENTICATION_FAILED",
            "Authentication failed: password is incorrect, or there is no user with such name.",
        )
    return found
