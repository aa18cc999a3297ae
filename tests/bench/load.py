"""A closed-loop HTTP load generator: requests are bytes made beforehand, over a few connections that stay open."""

import asyncio
import time
from collections.abc import Iterator, Sequence

ACCEPTED = 202


def requests(path: str, bodies: Sequence[bytes], content_type: str, key: str) -> list[bytes]:
    """Whole HTTP/1.1 requests."""
    return [
        (
            f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        + body
        for body in bodies
    ]


def send_all(port: int, whole: Sequence[bytes], connections: int) -> float:
    """Sends every request, each connection one after another; seconds until the last answer.

    Raises `RuntimeError` for any answer but 202: a refused request is fast and would flatter the figure.
    """
    return asyncio.run(_send_all(port, whole, connections))


async def _send_all(port: int, whole: Sequence[bytes], connections: int) -> float:
    left = iter(whole)
    began = time.perf_counter()
    await asyncio.gather(*(_connection(port, left) for _ in range(connections)))
    return time.perf_counter() - began


async def _connection(port: int, left: Iterator[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for request in left:
            status, body = await ask(reader, writer, request)
            if status != ACCEPTED:
                raise RuntimeError(f"refused: {status} {body[:200]!r}")
    finally:
        writer.close()


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> tuple[int, bytes]:
    """Status and body of the answer to one request on a connection that stays open."""
    writer.write(request)
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next(int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:"))
    return int(head[9:12]), await reader.readexactly(length)
