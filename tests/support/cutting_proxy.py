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
                engine = socket.create_connection(("127.0.0.1", self._target))
                cut = threading.Event()
                for source, target, forward in ((client, engine, True), (engine, client, False)):
                    threading.Thread(target=self._pipe, args=(source, target, cut, forward), daemon=True).start()

    def _pipe(self, source: socket.socket, target: socket.socket, cut: threading.Event, forward: bool) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK_BYTES):
                if forward and self._marker and self._marker in data:
                    self._marker = b""
                    self.cuts += 1
                    cut.set()
                    if self._what == "request":
                        break
                elif not forward and cut.is_set():
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
