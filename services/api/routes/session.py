"""Logging in with a key, for browsers: the key is exchanged for a cookie that scripts cannot read."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, SecretStr

from services.api.access import Gate, GateOf
from services.api.models import SessionAnswer
from services.api.problems import ProblemError
from services.api.sessions import COOKIE
from shared.keys import Role

router = APIRouter(prefix="/session", tags=["session"])


class Login(BaseModel):
    """The key; never logged, never repeated in an answer."""

    key: Annotated[SecretStr, Field(min_length=1, max_length=200)]


@router.get("")
async def who(request: Request, gate: GateOf) -> SessionAnswer:
    """Who is logged in; open to all, so that the page knows whether to ask for a key."""
    session, record = gate.session(request), await gate.key(request)
    expires = datetime.fromtimestamp(session.expires, UTC) if session else None
    return _answer(gate, record.role if record else None, record.owner if record else None, expires)


@router.post("")
async def log_in(request: Request, response: Response, login: Login, gate: GateOf) -> SessionAnswer:
    """Exchange a key of role view or operate for a session cookie."""
    now, address = gate.clock(), request.client.host if request.client else ""
    if not gate.logins.allows(address, now):
        raise ProblemError("too_many_logins", {"Retry-After": "300"})
    record = await gate.keys.prove(f"Bearer {login.key.get_secret_value()}")
    if record is None:
        gate.logins.failed(address, now)
        raise ProblemError("bad_key")
    cookie, session = gate.sessions.issue(record.key_id, now)
    response.set_cookie(
        COOKIE,
        cookie,
        max_age=int(gate.sessions.lifetime.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return _answer(gate, record.role, record.owner, datetime.fromtimestamp(session.expires, UTC))


@router.delete("", status_code=204)
async def log_out(request: Request, response: Response, gate: GateOf) -> None:
    """End the session, also for a copy of its cookie."""
    session = gate.session(request)
    if session is not None:
        gate.sessions.end(session, gate.clock())
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


def _answer(gate: Gate, role: Role | None, owner: str | None, expires: datetime | None) -> SessionAnswer:
    return SessionAnswer(role=role, owner=owner, open_board=gate.open_board, expires=expires)
