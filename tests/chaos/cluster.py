"""The stack under fire: the local stack with its supervisor, beside it further workers, an ingest and a stand-by."""

import http.client
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from deploy.local.stack.readiness import READY_PATH, is_ready, status
from deploy.local.stack.settings import process_environment
from tests.chaos.proxy import WeatherProxy
from tests.support.processes import ChildProcess, free_ports
from tests.support.stack import LocalStack

SUPERVISED = ("kafka", "engine", "ingest", "scoring", "alerts", "api")
WORKERS = ("worker-1", "worker-2")
JOINER = "worker-3"
"""Not there until a fault adds it."""

RESTART_AFTER_SECONDS = 0.5
"""As an operator's supervisor would; at once, a process that cannot start would take the processor from the others."""

TMPFS_MB = 192
IMPATIENT = {"CHITIEU_SCORING_INSERT_SECONDS": "3", "CHITIEU_SCORING_STUCK_SECONDS": "30"}
"""So that a freeze of a few seconds is past the time-outs; the product waits 20 s for an insert."""


ASSIGNED = "chitieu_scoring_assigned_partitions "


@dataclass(frozen=True)
class Shape:
    """What stands beside the supervised processes."""

    standby: bool = True
    """A second evaluator of alerts."""
    weather: bool = True
    """The workers and the ingest beside the supervised ones reach broker and engine through proxies."""
    small_disk: bool = True
    """The stores of the workers beside the supervised one are on a tmpfs of their own; mounting needs root."""
    naive: bool = False
    """The workers beside the supervised one repeat inserts whose outcome is unknown."""


class Child:
    """A process that is started again when it ends, unless it is held back."""

    def __init__(self, service: str, process: ChildProcess, port: int) -> None:
        self.service = service
        self.process = process
        self.port = port
        self.held = False
        self.starts = 0
        self._ended_at: float | None = 0.0

    @property
    def pid(self) -> int:
        """0 when it does not run."""
        child = self.process._process
        return 0 if child is None or child.poll() is not None else child.pid

    def tend(self) -> None:
        """Starts it when it should run and does not."""
        if self.pid or self.held:
            self._ended_at = None
        elif self._ended_at is None:
            self._ended_at = time.monotonic()
        elif time.monotonic() - self._ended_at > RESTART_AFTER_SECONDS:
            self.process.start()
            self.starts += 1
            self._ended_at = None

    def hold(self) -> None:
        """Asks it to leave in an orderly way and keeps it away; returns at once."""
        self.held = True
        if pid := self.pid:
            os.kill(pid, signal.SIGTERM)

    def end(self) -> None:
        """Stops it for good, a frozen one too."""
        if pid := self.pid:
            os.kill(pid, signal.SIGCONT)
            self.process.stop()


class Cluster:
    """Processes by name: `pid("scoring")`, `pid("worker-1")`; `tend` restarts what the supervisor does not know."""

    def __init__(self, folder: Path, shape: Shape) -> None:
        self.folder = folder
        self.shape = shape
        self.stack = LocalStack(folder, IMPATIENT)
        self.kafka = WeatherProxy(self.stack.port("kafka"), broker=True)
        self.engine = WeatherProxy(self.stack.port("engine"))
        self.children: dict[str, Child] = {}
        self.disk = folder / "disk"

    @contextmanager
    def running(self) -> Iterator["Cluster"]:
        """Everything started; stopped, frozen ones too, when the block ends."""
        with ExitStack() as exits:
            exits.enter_context(self.kafka.running())
            exits.enter_context(self.engine.running())
            if self.shape.small_disk:
                exits.enter_context(_tmpfs(self.disk))
            self.stack.start()
            exits.callback(self.stack.stop)
            exits.callback(self._end)
            self._add_children()
            yield self

    def pid(self, name: str) -> int:
        """0 when it does not run now."""
        if name in self.children:
            return self.children[name].pid
        return self.stack.supervisor.state(name).pid

    def names(self, service: str) -> list[str]:
        """The processes of a service that should run now: the supervised one and those beside it."""
        beside = [name for name, one in self.children.items() if one.service == service and not one.held]
        return [service, *beside]

    def tend(self) -> None:
        """To be called often, by the thread that lives longest: the kernel ends children with it."""
        for child in self.children.values():
            child.tend()

    def port(self, name: str) -> int:
        """Where a process serves its pages."""
        return self.children[name].port if name in self.children else self.stack.port(name)

    def unready(self) -> list[str]:
        """Names of what should be ready and is not."""
        beside = [name for name, child in self.children.items() if not child.held]
        return [name for name in [*SUPERVISED, *beside] if not self.ready(name)]

    def ready(self, name: str) -> bool:
        """Whether it runs and does its work."""
        if name in self.children:
            return bool(self.pid(name)) and status(self.port(name), READY_PATH) == http.client.OK
        return is_ready(self.stack.settings, name)

    def metrics(self, name: str) -> str:
        """Its page of metrics; empty when it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port(name)}/metrics", timeout=2) as answer:
                return str(answer.read().decode())
        except OSError:
            return ""

    def partitions_owned(self) -> list[int]:
        """By each worker; more than there are in all while a frozen one does not know better."""
        lines = "".join(self.metrics(name) for name in self.names("scoring")).splitlines()
        return [int(float(line.split()[1])) for line in lines if line.startswith(ASSIGNED)]

    def ingest_addresses(self) -> list[str]:
        """Where events are sent to."""
        return [f"http://127.0.0.1:{self.port(name)}/v1/events" for name in self.names("ingest")]

    def logs(self, service: str) -> str:
        """What all processes of a service have logged."""
        files = [child.process.log for child in self.children.values() if child.service == service]
        texts = [file.read_text(errors="replace") for file in files if file.exists()]
        return "".join([self.stack.log(service), *texts])

    def _add_children(self) -> None:
        rough = self._weather() if self.shape.weather else {}
        for name in (*WORKERS, JOINER):
            self._add(name, "scoring", rough, "tests.chaos.naive_worker" if self.shape.naive else "")
        self.children[JOINER].held = True
        if self.shape.standby:
            self._add("alerts-2", "alerts", {})
        if self.shape.weather:
            self._add("ingest-2", "ingest", rough)
        self.tend()

    def _weather(self) -> dict[str, str]:
        return {
            "CHITIEU_KAFKA_BOOTSTRAP": f"127.0.0.1:{self.kafka.port}",
            "CHITIEU_CLICKHOUSE_PORT": str(self.engine.port),
        }

    def _add(self, name: str, service: str, environment: Mapping[str, str], module: str = "") -> None:
        port = free_ports(1)[0]
        data = self.disk / name
        data.mkdir(parents=True, exist_ok=True)
        env = {
            **process_environment(self.stack.settings),
            **IMPATIENT,
            "CHITIEU_DATA": str(data),
            f"CHITIEU_{service.upper()}_PORT": str(port),
            **environment,
        }
        process = ChildProcess(
            [sys.executable, "-m", module or f"services.{service}"], env, self.folder / f"{name}.log"
        )
        self.children[name] = Child(service, process, port)

    def _end(self) -> None:
        for child in self.children.values():
            child.end()
        for name in SUPERVISED:
            if pid := self.pid(name):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)


@contextmanager
def _tmpfs(folder: Path) -> Iterator[None]:
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={TMPFS_MB}m", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
