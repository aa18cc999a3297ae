"""The process supervisor: its configuration, made from the Procfile, and its control socket.

The socket is a file in a folder that only the owner may enter; no port is opened.
"""

import http.client
import os
import xmlrpc.client
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from deploy.local.stack.procfile import Process
from deploy.local.stack.settings import REPO, StackSettings

SOCKET_PATH_LIMIT_BYTES = 98
"""A unix socket's path holds 107 bytes; the supervisor first binds it with a dot and its process id appended."""
STOP_WAIT_SECONDS = 25
"""Kafka flushes and the engine closes its session within 2 s; after this they are killed with their children."""
START_SECONDS = 5
"""Longer than imports and the checks at start take: a process that dies sooner waits before its next try."""
START_RETRIES = 1_000_000
"""Never give up: each failed start waits one second more than the last, so an hour's outage costs a wait of 85 s."""


class SupervisorError(RuntimeError):
    """The supervisor cannot be used; the message says what to change."""


@dataclass(frozen=True, slots=True)
class ProcessState:
    """What the supervisor knows of one process."""

    name: str
    state: str
    pid: int
    description: str


def configuration(settings: StackSettings, processes: Sequence[Process]) -> str:
    """The supervisor's file. Later processes stop first, so services go before the broker and the engine."""
    head = f"""
[supervisord]
{_user()}nodaemon=true
silent=true
umask=077
identifier=chitieu
directory={_quoted(REPO)}
logfile={_quoted(settings.logs / "supervisor.log")}
logfile_maxbytes=5MB
logfile_backups=2
pidfile={_quoted(settings.run / "supervisor.pid")}
childlogdir={_quoted(settings.logs)}

[unix_http_server]
file={_quoted(socket_path(settings))}
chmod=0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""
    return head + "".join(_program(settings, process, rank) for rank, process in enumerate(processes, start=1))


def _program(settings: StackSettings, process: Process, rank: int) -> str:
    return f"""
[program:{process.name}]
command={_quoted(process.command)}
priority={rank}
autostart=false
autorestart={str(process.restarted).lower()}
startsecs={START_SECONDS}
startretries={START_RETRIES}
stopwaitsecs={STOP_WAIT_SECONDS}
killasgroup=true
redirect_stderr=true
stdout_logfile={_quoted(settings.logs / f"{process.name}.log")}
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=3
"""


def _user() -> str:
    """As root the supervisor wants to be told so; otherwise it must not try to change its user."""
    return "user=root\n" if os.geteuid() == 0 else ""


def _quoted(value: Path | str) -> str:
    return str(value).replace("%", "%%")


def socket_path(settings: StackSettings) -> Path:
    """Path of the control socket; raises `SupervisorError` when the system could not bind it."""
    path = settings.run / "supervisor.sock"
    if len(os.fsencode(path)) > SOCKET_PATH_LIMIT_BYTES:
        message = f"Đường dẫn dữ liệu quá dài ({path}): đặt CHITIEU_DATA ngắn hơn {SOCKET_PATH_LIMIT_BYTES} byte."
        raise SupervisorError(message)
    return path


class SupervisorClient:
    """Talks to a running supervisor. `OSError` when it is not there."""

    def __init__(self, settings: StackSettings) -> None:
        self._socket = socket_path(settings)

    def running(self) -> bool:
        """True when the supervisor answers and is not stopping."""
        try:
            return bool(self._call("getState")["statename"] == "RUNNING")
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return False

    def states(self) -> list[ProcessState]:
        """All processes, by name."""
        rows = self._call("getAllProcessInfo")
        return [ProcessState(row["name"], row["statename"], row["pid"], row["description"]) for row in rows]

    def state(self, name: str) -> ProcessState:
        """One process."""
        return next(one for one in self.states() if one.name == name)

    def start(self, name: str) -> None:
        """Starts a process that is not running; returns at once."""
        if self.state(name).state not in ("RUNNING", "STARTING", "BACKOFF"):
            self._call("startProcess", name, False)

    def stop(self, name: str) -> None:
        """Stops a process, if it runs, and waits for it; it stays stopped until it is started."""
        if self.state(name).state in ("RUNNING", "STARTING", "BACKOFF"):
            self._call("stopProcess", name)

    def shutdown(self) -> None:
        """Asks the supervisor to stop everything and itself; returns at once."""
        self._call("shutdown")

    def _call(self, method: str, *arguments: object) -> Any:
        """A connection per call: the library's transport never recovers from one that failed."""
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        # The protocol wants an address and the transport ignores it: it goes to the socket.
        proxy = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
        try:
            return getattr(proxy.supervisor, method)(*arguments)
        finally:
            transport.close()
