"""A receiver of webhooks on this machine: keeps every request and answers as it is told."""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

HANG_MAX_SECONDS = 60
"""A test that forgets to let go still ends."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request as it came; `at` is `time.time()` when its body was read."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float = field(default_factory=time.time)


@dataclass(slots=True)
class WebhookReceiver:
    """`url` to send to, `deliveries` in order of arrival; set `status` to make it refuse.

    `answer`: headers of its answers. `answers_when`: it answers nothing until that is set. `endless`: its answer's body
    has no end. `certificate`: it speaks TLS with this certificate and key (PEM).
    """

    status: int = 204
    deliveries: list[Delivery] = field(default_factory=list)
    answer: dict[str, str] = field(default_factory=dict)
    answers_when: Event | None = None
    endless: bool = False
    certificate: Path | None = None
    address: str = "127.0.0.1"
    _server: ThreadingHTTPServer | None = None

    @property
    def port(self) -> int:
        """Its port."""
        assert self._server is not None, "not started"
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{self.address}:{self.port}/"

    def start(self, port: int = 0) -> None:
        """Listens on a free port, or on the given one."""
        self._server = ThreadingHTTPServer((self.address, port), _handler(self))
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        serve = partial(self._server.serve_forever, poll_interval=0.02)
        Thread(target=serve, name="webhook receiver", daemon=True).start()

    def stop(self) -> None:
        """Stops listening; what hangs is let go."""
        assert self._server is not None, "not started"
        if self.answers_when:
            self.answers_when.set()
        self._server.shutdown()
        self._server.server_close()


def _handler(receiver: WebhookReceiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.deliveries.append(Delivery(self.path, headers, body))
            if receiver.answers_when:
                receiver.answers_when.wait(HANG_MAX_SECONDS)
            try:
                self._answer()
            except OSError:
                """The caller has gone, as it may."""

        def _answer(self) -> None:
            self.send_response(receiver.status)
            for name, value in receiver.answer.items():
                self.send_header(name, value)
            if not receiver.endless:
                self.send_header("content-length", "0")
            self.end_headers()
            while receiver.endless:
                self.wfile.write(b"no end " * 1000)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has in the library
            """Silent: the test looks at `deliveries`."""

    return Handler
