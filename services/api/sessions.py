"""Logins: a signed, expiring cookie that names a key. What the key may do is looked up anew at every request."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from shared.errors import StartError

COOKIE = "chitieu_session"
SECRET_BYTES = 32
LOGIN_ATTEMPTS = 10
"""Wrong keys per address and window; a person mistypes two or three times, a guesser needs 2^128."""
LOGIN_WINDOW = timedelta(minutes=5)
MAX_ADDRESSES = 10_000
"""Addresses remembered for the limit, so that many addresses cannot fill the memory."""


@dataclass(frozen=True, slots=True)
class Session:
    """What a cookie says: which key, under which random id, until when (Unix seconds)."""

    key_id: str
    session_id: str
    expires: int


class Sessions:
    """Issues and reads cookies. A restart keeps logins, because the secret is in a file; logging out ends one."""

    def __init__(self, secret: bytes, lifetime: timedelta) -> None:
        self._secret = secret
        self._ended: dict[str, int] = {}
        self.lifetime = lifetime

    def issue(self, key_id: str, now: datetime) -> tuple[str, Session]:
        """The cookie's value and what it says."""
        session = Session(key_id, secrets.token_hex(16), int((now + self.lifetime).timestamp()))
        body = f"{session.key_id}.{session.session_id}.{session.expires}"
        return f"{body}.{self._sign(body)}", session

    def read(self, cookie: str, now: datetime) -> Session | None:
        """What the cookie says; None when it is forged, expired or logged out."""
        body, _, signature = cookie.rpartition(".")
        if not hmac.compare_digest(self._sign(body).encode(), signature.encode()):
            return None
        key_id, session_id, expires = body.rsplit(".", 2)
        session = Session(key_id, session_id, int(expires))
        return session if session.expires > now.timestamp() and session_id not in self._ended else None

    def end(self, session: Session, now: datetime) -> None:
        """Log out; forgotten once the cookie would have expired by itself."""
        self._ended = {one: until for one, until in self._ended.items() if until > now.timestamp()}
        self._ended[session.session_id] = session.expires

    def _sign(self, body: str) -> str:
        return hmac.new(self._secret, body.encode(), sha256).hexdigest()


class LoginLimit:
    """How many wrong keys an address may try in a window."""

    def __init__(self) -> None:
        self._failures: dict[str, list[datetime]] = {}

    def allows(self, address: str, now: datetime) -> bool:
        """False once the address has failed too often."""
        recent = [at for at in self._failures.get(address, []) if now - at < LOGIN_WINDOW]
        self._failures[address] = recent
        return len(recent) < LOGIN_ATTEMPTS

    def failed(self, address: str, now: datetime) -> None:
        """Remember a wrong key."""
        if len(self._failures) >= MAX_ADDRESSES:
            self._failures.pop(next(iter(self._failures)))
        self._failures.setdefault(address, []).append(now)


def session_secret(file: Path) -> bytes:
    """The signing secret, made at the first start and readable by the owner only.

    Raises StartError for a file that is cut short: an empty secret would let anyone sign a cookie.
    """
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        whole = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
        whole.touch(mode=0o600)
        whole.write_bytes(secrets.token_bytes(SECRET_BYTES))
        whole.replace(file)
    secret = file.read_bytes()
    if len(secret) < SECRET_BYTES:
        raise StartError(f"{file} is cut short: remove it, and everyone logs in again")
    return secret
