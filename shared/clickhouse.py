"""ClickHouse clients over HTTP, the same for the embedded engine and for a server or a cluster.

The clients block: asynchronous code calls them with `asyncio.to_thread`. A client may be shared by threads, because
it has no session.
"""

from typing import Any

from clickhouse_connect import get_client
from clickhouse_connect.driver import options
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError
from clickhouse_connect.driver.httpclient import HttpClient

from shared.errors import RetryableError
from shared.settings import SharedSettings

# An insert asks whether its data are a data frame. Importing pandas to answer costs a process 70 MB and 2 s.
options.pd = None

CONNECT_TIMEOUT_SECONDS = 5
"""The engine is on the same machine or network; longer means that it is away."""

READ_TIMEOUT_SECONDS = 30
"""Above the longest query that the read-only user is allowed."""

WRITE_TIMEOUT_SECONDS = 120
"""An insert or a DDL statement that took longer has an unknown outcome, which the caller must find out."""

FENCED_CODE = 469
"""VIOLATED_CONSTRAINT: the row's owner token is not the current one."""


def writer(settings: SharedSettings, *, database: str | None = None) -> Client:
    """A client of the user that may write; nothing is ever repeated by itself, since an insert would count twice.

    `database` "" connects before the database exists. Raises `RetryableError` when the engine is away.
    """
    client = _connect(
        settings,
        database,
        username=settings.clickhouse_user,
        password=settings.writer_password().get_secret_value(),
        query_retries=0,
        send_receive_timeout=WRITE_TIMEOUT_SECONDS,
    )
    if isinstance(client, HttpClient):
        client.http_retries = 0
        _never_repeat(client)
    return client


def reader(settings: SharedSettings) -> Client:
    """A client of the read-only user. Raises `RetryableError` when the engine is away."""
    return _connect(
        settings,
        None,
        username=settings.clickhouse_reader_user,
        password=settings.reader_password().get_secret_value(),
        query_retries=1,
        send_receive_timeout=READ_TIMEOUT_SECONDS,
    )


def is_fenced(error: DatabaseError) -> bool:
    """True when the tables refused a row because another process owns its partition."""
    return error.code == FENCED_CODE


def _never_repeat(client: HttpClient) -> None:
    """clickhouse-connect 1.12 sends an insert again when its connection closes, whatever the retries are set to.

    The first one may have been carried out. Seen with a proxy that loses an answer: no error, two inserts.
    """
    backend = client._backend  # noqa: SLF001 - there is no public switch
    request = backend.request

    def once(*arguments: Any, **options: Any) -> Any:
        return request(*arguments, **{**options, "retryable": False})

    backend.request = once  # type: ignore[method-assign]


def _connect(settings: SharedSettings, database: str | None, **options: Any) -> Client:
    """`tz_mode` aware: instants come back with their zone, so that none is taken for local time."""
    name = settings.clickhouse_database if database is None else database
    try:
        return get_client(
            host=settings.clickhouse_host,
            port=settings.clickhouse_port,
            database=name or None,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            autogenerate_session_id=False,
            tz_mode="aware",
            **options,
        )
    except DatabaseError as error:
        where = f"{settings.clickhouse_host}:{settings.clickhouse_port}"
        raise RetryableError(f"ClickHouse at {where}, database {name!r}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
