"""Request bodies: plain bytes, or the fields of a form."""

from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser

from starlette.requests import Request as HttpRequest

from deploy.local.engine.errors import EngineError

FORM = "multipart/form-data"


@dataclass(frozen=True)
class Body:
    """A body as it came, with its content coding; or the fields of a form, which clients use for long parameters."""

    chunks: tuple[bytes, ...] = ()
    coding: str = ""
    fields: tuple[tuple[str, str], ...] = ()


async def read_body(http: HttpRequest, limit_bytes: int) -> Body:
    """The whole body. `EngineError` 229 above the limit, 48 for files (external tables), 36 for a broken form."""
    if int(http.headers.get("content-length", "0")) > limit_bytes:
        raise _too_large(limit_bytes)
    chunks, total = [], 0
    async for chunk in http.stream():
        total += len(chunk)
        if total > limit_bytes:
            raise _too_large(limit_bytes)
        chunks.append(chunk)
    content_type = http.headers.get("content-type", "")
    if content_type.startswith(FORM):
        return Body(fields=form_fields(content_type, b"".join(chunks)))
    return Body(tuple(chunks), http.headers.get("content-encoding", "").strip().lower())


def form_fields(content_type: str, body: bytes) -> tuple[tuple[str, str], ...]:
    """Names and values of a multipart form. `EngineError` 48 when it has a file, 36 when it is broken."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    form = BytesParser().parsebytes(head + body)
    parts = form.get_payload()
    if form.defects or not isinstance(parts, list):
        raise _broken_form()
    return tuple(_field(part) for part in parts if isinstance(part, Message))


def _field(part: Message) -> tuple[str, str]:
    name = part.get_param("name", header="content-disposition")
    value = part.get_payload(decode=True)
    if part.get_filename() is not None:
        raise EngineError(48, "NOT_IMPLEMENTED", "External tables are not available")
    if not isinstance(name, str) or not isinstance(value, bytes):
        raise _broken_form()
    try:
        return name, value.decode()
    except UnicodeDecodeError as error:
        raise _broken_form() from error


def _broken_form() -> EngineError:
    return EngineError(36, "BAD_ARGUMENTS", "The form could not be read")


def _too_large(limit_bytes: int) -> EngineError:
    return EngineError(229, "QUERY_IS_TOO_LARGE", f"Body is larger than {limit_bytes} bytes")
