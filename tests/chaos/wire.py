"""HTTP as cheap as it gets: bytes made beforehand over connections that stay open.

Sending costs a tenth of what the receiver has to do. A client library would cost as much as ingest itself, and the
sender would fall behind its plan.
"""

import asyncio
import time
from typing import NamedTuple, cast

import httptools
from typing_extensions import override

ANSWER_SECONDS = 60.0
BEGINNING_BYTES = 300
"""Of an answer's body: its counts, or why it was refused."""

IDLE_SECONDS = 2.0
"""Well below what ingest leaves open: a connection used at the moment of its closing would look like a lost answer."""


class Answer(NamedTuple):
    """`beginning`: the first bytes of the body."""

    status: int
    retry_after: str
    beginning: bytes


class Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self.idle_since = time.monotonic()
        self.requests = 0
        self._parser = httptools.HttpResponseParser(self)
        self._retry_after = ""
        self._beginning = b""
        self._ends = False
        self._answer: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport

    @property
    def usable(self) -> bool:
        """Whether the server can be expected to keep it open for another request."""
        idle = time.monotonic() - self.idle_since
        ending = self._ends or self._transport.is_closing()
        return idle < IDLE_SECONDS and not ending and not self._transport.get_write_buffer_size()

    async def ask(self, head: bytes, body: bytes) -> Answer:
        """Raises `OSError` when the connection ends before the answer does, `TimeoutError` after `ANSWER_SECONDS`."""
        self._retry_after, self._beginning = "", b""
        self._answer = asyncio.get_running_loop().create_future()
        self.requests += 1
        self._transport.writelines([head, body])
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._answer
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends it at once."""
        self._transport.abort()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's is none of asyncio's classes, though it is one of its kind.
        self._transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            cause = type(exc).__name__ if exc else "closed"
            self._answer.set_exception(ConnectionResetError(f"{cause} at request {self.requests} of a connection"))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        if name.lower() == b"retry-after":
            self._retry_after = value.decode()
        if name.lower() == b"connection":
            self._ends = value.lower() == b"close"

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        if len(self._beginning) < BEGINNING_BYTES:
            self._beginning += body[:BEGINNING_BYTES]

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self.idle_since = time.monotonic()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(Answer(self._parser.get_status_code(), self._retry_after, self._beginning))


class Pool:
    """As many connections as there are requests without an answer; the one used last is used first."""

    def __init__(self, port: int) -> None:
        self.most_busy = 0
        self._port = port
        self._busy = 0
        self._idle: list[Connection] = []

    async def ask(self, head: bytes, body: bytes) -> Answer:
        """See `Connection.ask`."""
        self._busy += 1
        self.most_busy = max(self.most_busy, self._busy)
        try:
            connection = await self._connection()
            answer = await connection.ask(head, body)
        finally:
            self._busy -= 1
        self._idle.append(connection)
        return answer

    def close(self) -> None:
        """Ends the idle ones."""
        while self._idle:
            self._idle.pop().close()

    async def _connection(self) -> Connection:
        while self._idle:
            if (found := self._idle.pop()).usable:
                return found
            found.close()
        _, made = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", self._port)
        return made
