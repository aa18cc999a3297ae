"""Connections: accepted soon enough that nobody waits in the kernel while the event loop decodes batches; how many, and
for how long."""

import socket

from shared.errors import StartError

ACCEPTS_PER_TURN = 16
"""uvloop (libuv, since its pull request 3696) accepts one connection of a listener in each turn of its loop. A turn in
which a full batch is decoded takes 15 to 40 ms, so that under load 25 to 60 senders a second got in and all others
waited in the kernel, for a minute and more, where nobody can refuse them. Sixteen are 400 a second at the slowest."""

BACKLOG = 512
"""Connections that wait to be accepted: a second's worth. A sender that finds no room tries again after a second."""

KEEP_ALIVE_SECONDS = 75
"""Longer than clients keep an idle connection (httpx 5 s, the same as this server's default; proxies 60 s): whoever
closes second loses the request that is sent at that moment, and its sender is told nothing."""

MAX_CONNECTIONS = 2_000
"""Idle ones count too, with 10 KB each. Above it the server itself answers 503 to everything and closes: the last
resort, far above what places and keep-alive need."""


def listeners(host: str, port: int) -> list[socket.socket]:
    """One socket, as often as connections may be accepted in one turn of the event loop. Raises `StartError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        first = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise StartError(f"{host}:{port}: {error.strerror}") from error
    return [first, *(first.dup() for _ in range(ACCEPTS_PER_TURN - 1))]
