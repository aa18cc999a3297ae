"""A TCP proxy that cuts the connection of one request, so that its outcome is unknown to the client."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CHUNK_BYTES = 65_536


class CuttingProxy:
    """Forwards to `port` of 127.0.0.1. `lose(what, marker)` cuts the next request that holds `marker`.

    `what` "response": the request arrives, its answer does not. "request": it does not even arrive.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._marker = b""
        self._what = ""
        self.cuts = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])

    def lose(self, what: str, marker: bytes) -> None:
        """Arms it for one request."""
        self._what, self._marker = what, marker

    @contextmanager
    def running(self) -> Iterator["CuttingProxy"]:
        """Accepts connections until the block ends."""
        threading.Thread(target=self._accept, daemon=True).start()
        try:
            yield self
        finally:
            with suppress(OSError):
                self._server.shutdown(socket.SHUT_RDWR)
            self._server.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        try:
            engine = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            # The target is down: so is the connection, and the next one may find it up again.
            client.close()
            return
        cut = threading.Event()
        for source, target, forward in ((client, engine, True), (engine, client, False)):
            threading.Thread(target=self._pipe, args=(source, target, cut, forward), daemon=True).start()

    def _pipe(self, source: socket.socket, target: socket.socket, cut: threading.Event, forward: bool) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK_BYTES):
                passed = self._treat(data, cut, forward)
                if passed is None:
                    break
                target.sendall(passed)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _treat(self, data: bytes, cut: threading.Event, forward: bool) -> bytes | None:
        """What is passed on of a chunk; None cuts the connection."""
        if forward and self._marker and self._marker in data:
            self._marker = b""
            self.cuts += 1
            cut.set()
            return None if self._what == "request" else data
        return None if cut.is_set() and not forward else data
