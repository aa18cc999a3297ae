"""Who asks, and what they may see: a key in the header or a session that names one; looked up at every request."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from services.api.clock import Clock
from services.api.problems import ProblemError
from services.api.sessions import COOKIE, LoginLimit, Session, Sessions
from shared.keys import KeyRecord, Role
from shared.keystore import KeyRing

SATISFIES = {
    Role.VIEW: frozenset({Role.VIEW, Role.OPERATE}),
    Role.OPERATE: frozenset({Role.OPERATE}),
    Role.EMIT: frozenset({Role.EMIT, Role.OPERATE}),
}
"""Needed role → roles that have it. Who operates also sees boards and, to follow a filing, every receipt."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Keys, sessions and what is open without them."""

    keys: KeyRing
    sessions: Sessions
    logins: LoginLimit
    clock: Clock
    open_board: bool

    def session(self, request: Request) -> Session | None:
        """The session of the cookie, if it is valid."""
        cookie = request.cookies.get(COOKIE)
        return self.sessions.read(cookie, self.clock()) if cookie else None

    async def key(self, request: Request) -> KeyRecord | None:
        """The active key that asks; None for a guest. Raises `ProblemError` for a header that proves nothing."""
        authorization = request.headers.get("authorization")
        if authorization is not None:
            record = await self.keys.prove(authorization)
            if record is None:
                raise ProblemError("bad_key", {"WWW-Authenticate": "Bearer"})
            return record
        session = self.session(request)
        return self.keys.active(session.key_id) if session else None

    async def require(self, request: Request, role: Role) -> KeyRecord | None:
        """The key when it has the role; None only where a guest may see. Raises `ProblemError`."""
        record = await self.key(request)
        if record is not None and record.role in SATISFIES[role]:
            return record
        if role is Role.VIEW and self.open_board:
            return None
        if record is None:
            raise ProblemError("no_key", {"WWW-Authenticate": "Bearer"})
        raise ProblemError("role")


def gate_of(request: Request) -> Gate:
    """The gate of the running app."""
    gate: Gate = request.app.state.gate
    return gate


def _from_own_page(request: Request) -> None:
    """A browser sends the cookie along whoever wrote the page; what changes something must come from our own.

    The cookie is SameSite=Strict already; other sites under the same domain still count as the same site there.
    Raises `ProblemError`. A key in the header is never sent by a browser itself.
    """
    if "authorization" in request.headers:
        return
    site = request.headers.get("sec-fetch-site")
    origin = urlsplit(request.headers.get("origin", "")).netloc
    if site != "same-origin" if site else not origin or origin != request.headers.get("host"):
        raise ProblemError("other_site")


async def _acts(request: Request) -> KeyRecord | None:
    _from_own_page(request)
    return await gate_of(request).require(request, Role.OPERATE)


def _requires(role: Role) -> Callable[[Request], Awaitable[KeyRecord | None]]:
    async def check(request: Request) -> KeyRecord | None:
        return await gate_of(request).require(request, role)

    return check


Viewer = Depends(_requires(Role.VIEW))
Operator = Depends(_requires(Role.OPERATE))
Viewing = Annotated[KeyRecord | None, Viewer]
"""None: a guest of an open board."""
Acting = Annotated[KeyRecord, Depends(_acts)]
Emitter = Annotated[KeyRecord, Depends(_requires(Role.EMIT))]
GateOf = Annotated[Gate, Depends(gate_of)]
