"""How soon connections are accepted by the loop that ingest runs on."""

import asyncio
import socket
from contextlib import ExitStack

import pytest
import uvloop

from services.ingest.listening import ACCEPTS_PER_TURN, listeners
from shared.errors import StartError

CALLERS = 10 * ACCEPTS_PER_TURN
HOST = "127.0.0.1"


async def turns_until_all_are_accepted(sockets: list[socket.socket]) -> int:
    """Turns of the event loop in which connections of `CALLERS` that wait already were taken."""
    loop, accepted, turns, done = asyncio.get_running_loop(), 0, 0, asyncio.Event()

    class Accepted(asyncio.Protocol):
        def connection_made(self, _: asyncio.BaseTransport) -> None:
            nonlocal accepted
            accepted += 1

    def count(before: int) -> None:
        """Once in each turn."""
        nonlocal turns
        turns += accepted > before
        (done.set if accepted == CALLERS else lambda: loop.call_soon(count, accepted))()

    with ExitStack() as callers:
        for _ in range(CALLERS):
            callers.enter_context(socket.create_connection(sockets[0].getsockname()))
        servers = [await loop.create_server(Accepted, sock=one) for one in sockets]
        count(accepted)
        await done.wait()
        for server in servers:
            server.close()
    return turns


@pytest.mark.parametrize("count", [1, ACCEPTS_PER_TURN])
def test_one_connection_is_accepted_per_turn_and_listener(count: int) -> None:
    """With one listener the loop takes one: when that is no longer so, one listener is enough."""
    every = listeners(HOST, 0)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        turns = runner.run(turns_until_all_are_accepted(every[:count]))
    for one in every:
        one.close()
    assert turns == CALLERS / count


def test_a_port_that_is_taken_is_told_in_one_line() -> None:
    taken = listeners(HOST, 0)
    port = taken[0].getsockname()[1]
    with pytest.raises(StartError, match=f"^{HOST}:{port}: Address already in use"):
        listeners(HOST, port)
    for one in taken:
        one.close()
