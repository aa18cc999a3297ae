"""One call of ClickHouse's HTTP protocol, read from URL parameters, form fields and headers."""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_plus
from uuid import uuid4

from deploy.local.engine.errors import EngineError

QUERY_ID_MAX_CHARS = 256
"""Longer ids are refused: an id is repeated in headers and in system.processes."""

_SETTING_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")
_PARAMETER = "param_"
_REFUSED = {"compress", "decompress"}
"""ClickHouse's own block compression; HTTP's Content-Encoding and Accept-Encoding do the same for every client."""
_TRANSPORT = {
    "query",
    "query_id",
    "database",
    "default_format",
    "user",
    "password",
    "quota_key",
    "session_id",
    "session_timeout",
    "session_check",
    "role",
    "wait_end_of_query",
    "buffer_size",
    "client_protocol_version",
    "enable_http_compression",
    "send_progress_in_http_headers",
    "http_headers_progress_interval_ms",
    "cancel_http_readonly_queries_on_client_close",
    "http_write_exception_in_output_format",
    "add_http_cors_header",
    "log_comment",
}
"""Parameters that this server acts on or that have no meaning here; all others are ClickHouse settings."""


@dataclass(frozen=True)
class Credentials:
    """A user's name and password as they came."""

    user: str
    password: str


@dataclass(frozen=True)
class Call:
    """What a request asks for, besides its body."""

    query: str
    query_id: str
    database: str
    default_format: str
    compressed: bool
    parameters: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)


def url_pairs(query_string: bytes) -> list[tuple[str, str]]:
    """Names and values of a URL's query; `EngineError` 36 when they are not UTF-8."""
    pairs = []
    for part in query_string.decode("ascii", "replace").split("&"):
        if part:
            name, _, value = part.partition("=")
            try:
                pairs.append((unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")))
            except UnicodeDecodeError as error:
                raise EngineError(36, "BAD_ARGUMENTS", "URL parameters are not UTF-8") from error
    return pairs


def read_call(pairs: Iterable[tuple[str, str]], headers: Mapping[str, str]) -> Call:
    """The call in these parameters; later ones win. `EngineError` 36, 48 for what cannot be served."""
    last = dict(pairs)
    refused = [name for name in _REFUSED if last.get(name, "0") not in {"", "0"}]
    if refused:
        raise EngineError(48, "NOT_IMPLEMENTED", f"{refused[0]}=1 is not supported: use HTTP compression")
    query_id = last.get("query_id") or headers.get("x-clickhouse-query-id") or str(uuid4())
    if len(query_id) > QUERY_ID_MAX_CHARS or not query_id.isprintable():
        raise EngineError(36, "BAD_ARGUMENTS", f"query_id must be printable, at most {QUERY_ID_MAX_CHARS} characters")
    settings = {name: value for name, value in last.items() if _is_setting(name)}
    for name in settings:
        if not _SETTING_NAME.match(name):
            raise EngineError(115, "UNKNOWN_SETTING", "Unknown setting: not a name")
    return Call(
        query=last.get("query", ""),
        query_id=query_id,
        database=last.get("database") or headers.get("x-clickhouse-database", ""),
        default_format=last.get("default_format") or headers.get("x-clickhouse-format", "TabSeparated"),
        compressed=last.get("enable_http_compression", "0") in {"1", "true"},
        parameters={name.removeprefix(_PARAMETER): text for name, text in last.items() if name.startswith(_PARAMETER)},
        settings=settings,
    )


def read_credentials(pairs: Iterable[tuple[str, str]], headers: Mapping[str, str]) -> Credentials:
    """Who asks: X-ClickHouse headers, then basic authentication, then URL parameters. `EngineError` 194, 516."""
    if "x-clickhouse-user" in headers:
        return Credentials(headers["x-clickhouse-user"], headers.get("x-clickhouse-key", ""))
    authorization = headers.get("authorization", "")
    if authorization:
        return _basic(authorization)
    last = dict(pairs)
    if "user" in last:
        return Credentials(last["user"], last.get("password", ""))
    raise EngineError(194, "REQUIRED_PASSWORD", "Name and password are required")


def _basic(authorization: str) -> Credentials:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise EngineError(516, "AUTHENTICATION_FAILED", "Invalid authentication: only HTTP Basic is available")
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise EngineError(516, "AUTHENTICATION_FAILED", "Invalid authentication: malformed header") from error
    return Credentials(user, password)


def _is_setting(name: str) -> bool:
    return name not in _TRANSPORT and name not in _REFUSED and not name.startswith(_PARAMETER)
