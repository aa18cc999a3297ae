"""A TCP proxy with weather: it delays, drops connections, and loses answers for a while."""

import socket
import struct
import threading
import time
from contextlib import suppress
from random import Random

from typing_extensions import override

from tests.support.cutting_proxy import CuttingProxy


class WeatherProxy(CuttingProxy):
    """Clear at first. `delay_seconds` holds every chunk back; `lose_answers_to` cuts each connection that asks so.

    With `broker` the clients of a Kafka broker stay with the proxy, although the broker tells them its own port.
    """

    def __init__(self, port: int, *, broker: bool = False) -> None:
        super().__init__(port)
        self.delay_seconds = 0.0
        self.lose_answers_to = b""
        self._open: set[socket.socket] = set()
        self._told, self._said = (_address(port), _address(self.port)) if broker else (b"", b"")

    def drop(self, random: Random) -> None:
        """Cuts half of the connections that are open now."""
        for one in list(self._open):
            if random.random() < 0.5:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def clear(self) -> None:
        """Fair weather again."""
        self.delay_seconds, self.lose_answers_to = 0.0, b""

    @override
    def _pipe(self, source: socket.socket, target: socket.socket, cut: threading.Event, forward: bool) -> None:
        self._open.add(source)
        super()._pipe(source, target, cut, forward)
        self._open.discard(source)

    @override
    def _treat(self, data: bytes, cut: threading.Event, forward: bool) -> bytes | None:
        if forward and self.lose_answers_to and self.lose_answers_to in data:
            self.cuts += 1
            cut.set()
        if self.delay_seconds:
            time.sleep(self.delay_seconds)
        passed = super()._treat(data, cut, forward)
        if passed is None or forward or not self._told:
            return passed
        # An address that is split over two chunks stays as it is: that client then goes past the proxy.
        return passed.replace(self._told, self._said)


def _address(port: int) -> bytes:
    """Host and port as Kafka's protocol writes them in metadata."""
    return b"127.0.0.1" + struct.pack(">i", port)
