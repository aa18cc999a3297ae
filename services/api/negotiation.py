"""Which format is asked for, and entity tags."""

from hashlib import sha256
from typing import Annotated, Literal

from fastapi import Query, Request, Response

from services.api.problems import ProblemError

FormatQuery = Annotated[Literal["json", "csv", ""], Query(alias="format", description="`csv` outranks `Accept`.")]


def wants_csv(request: Request, chosen: str) -> bool:
    """True for `?format=csv` or an `Accept` that names text/csv first. Raises `ProblemError` when neither is wanted."""
    if chosen:
        return chosen == "csv"
    accepted = [part.split(";")[0].strip() for part in request.headers.get("accept", "*/*").split(",")]
    for kind in accepted:
        if kind == "text/csv":
            return True
        if kind in {"application/json", "application/*", "*/*", "text/html"}:
            return False
    raise ProblemError("format")


def tagged(request: Request, body: bytes, media_type: str) -> Response:
    """The body with its tag, or 304 when the caller has it; always asked for again, since figures move."""
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept, Authorization, Cookie"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)
