"""The listening socket, taken often enough that nobody waits in the kernel while the event loop decodes batches."""

import socket

from shared.errors import StartError

ACCEPTS_PER_TURN = 16
"""uvloop (libuv since 1.45) accepts one connection of a listener in each turn of its loop. A turn that decodes a full
batch takes 15 to 40 ms, so that under load 25 to 60 senders a second got in and all others waited in the kernel, for a
minute and more, where nobody can refuse them. So many at a time are 400 a second in the slowest case."""

BACKLOG = 512
"""Connections that wait to be accepted: a second's worth. A sender that finds no room tries again after a second."""


def listeners(host: str, port: int) -> list[socket.socket]:
    """One socket, as often as connections may be accepted in one turn of the event loop. Raises `StartError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        first = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise StartError(f"{host}:{port}: {error.strerror}") from error
    return [first, *(first.dup() for _ in range(ACCEPTS_PER_TURN - 1))]
