"""Real child processes for tests: on free ports, never outliving the test run, stopped with a deadline."""

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.support.waiting import wait_until

REPO = Path(__file__).resolve().parents[2]
START_DEADLINE_SECONDS = 90
"""A cold JVM on a machine that is busy with other tests; a healthy start takes a twentieth of it."""
STOP_DEADLINE_SECONDS = 20
"""After SIGTERM; then SIGKILL, so that a stuck process cannot hold up the test run."""
LOG_TAIL_LINES = 30

_held: list[socket.socket] = []


def free_ports(count: int) -> list[int]:
    """TCP ports of 127.0.0.1 that nobody else is given until this test run ends.

    The bound sockets stay open: another run beside this one gets other ports, and so does every connection. A child
    may listen all the same, since its socket and these have SO_REUSEADDR and these never listen.
    """
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("127.0.0.1", 0))
    _held.extend(sockets)
    return [int(one.getsockname()[1]) for one in sockets]


class ChildProcess:
    """One child with its log in a file.

    The kernel ends it when the thread that started it ends, so also when the test run dies by kill -9.
    """

    def __init__(self, command: Sequence[str], env: Mapping[str, str], log: Path) -> None:
        self.log = log
        self._name = " ".join(command)
        self._command = ["setpriv", "--pdeathsig", "TERM", *command]
        self._env = {**os.environ, **env}  # noqa: TID251 - children inherit PATH and proxies
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id of the running child."""
        assert self._process is not None, "not started"
        return self._process.pid

    def start(self) -> Self:
        """Starts it from the repository's root, appending to the log."""
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                self._command, env=self._env, cwd=REPO, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        return self

    def wait_ready(self, ready: Callable[[], bool], *, deadline_seconds: float = START_DEADLINE_SECONDS) -> Self:
        """Returns once `ready()`; fails with the end of the log when the child exits or the deadline passes."""
        try:
            wait_until(lambda: self._alive() and ready(), deadline_seconds=deadline_seconds, what=self._name)
        except BaseException as error:
            self.stop()
            error.add_note(self.tail())
            raise
        return self

    def kill(self) -> None:
        """kill -9, and waits until it is gone."""
        self.signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Sends one signal to the child."""
        os.kill(self.pid, number)

    def stop(self, *, deadline_seconds: float = STOP_DEADLINE_SECONDS) -> int:
        """Ends it and returns its exit status (negative: the signal that ended it)."""
        assert self._process is not None, "not started"
        self._process.terminate()
        try:
            return self._process.wait(deadline_seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def exit_status(self) -> int | None:
        """None while it runs."""
        return None if self._process is None else self._process.poll()

    def tail(self) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])

    def _alive(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            message = f"exited with {self._process.returncode}: {self._name}"
            raise AssertionError(message)
        return True
