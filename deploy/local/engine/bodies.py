"""Request bodies: plain bytes, or the fields of a form."""

from dataclasses import dataclass

from starlette.formparsers import MultiPartException
from starlette.requests import Request as HttpRequest

from deploy.local.engine.errors import EngineError

FORM_MAX_FIELDS = 1000
"""A statement has as many parameters as its author wrote; this is far above and still bounded."""


@dataclass(frozen=True)
class Body:
    """A body as it came, with its content coding; or the fields of a multipart form."""

    chunks: tuple[bytes, ...] = ()
    coding: str = ""
    fields: tuple[tuple[str, str], ...] = ()


async def read_body(http: HttpRequest, limit_bytes: int) -> Body:
    """The whole body. `EngineError` 229 above the limit, 48 for files (external tables), 36 for a broken form."""
    if int(http.headers.get("content-length", "0")) > limit_bytes:
        raise _too_large(limit_bytes)
    if http.headers.get("content-type", "").startswith("multipart/form-data"):
        return Body(fields=await _fields(http, limit_bytes))
    chunks, total = [], 0
    async for chunk in http.stream():
        total += len(chunk)
        if total > limit_bytes:
            raise _too_large(limit_bytes)
        chunks.append(chunk)
    return Body(tuple(chunks), http.headers.get("content-encoding", "").strip().lower())


async def _fields(http: HttpRequest, limit_bytes: int) -> tuple[tuple[str, str], ...]:
    try:
        form = await http.form(max_files=0, max_fields=FORM_MAX_FIELDS, max_part_size=limit_bytes)
    except MultiPartException as error:
        if "files" in error.message:
            raise EngineError(48, "NOT_IMPLEMENTED", "External tables are not available") from error
        raise EngineError(36, "BAD_ARGUMENTS", "The form could not be read") from error
    return tuple((name, value) for name, value in form.multi_items() if isinstance(value, str))


def _too_large(limit_bytes: int) -> EngineError:
    return EngineError(229, "QUERY_IS_TOO_LARGE", f"Body is larger than {limit_bytes} bytes")
