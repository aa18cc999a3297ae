"""The whole local stack for a test run: the same Procfile and supervisor, free ports, a folder of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.local.stack.readiness import is_ready
from deploy.local.stack.settings import PORT_OFFSETS, StackSettings, full_environment
from deploy.local.stack.supervisor import SupervisorClient
from tests.support.processes import REPO, ChildProcess, free_ports
from tests.support.waiting import wait_until

UP_DEADLINE_SECONDS = 180
"""Broker, engine, schema and four services on two busy cores; on a quiet machine 15 s."""
READY_DEADLINE_SECONDS = 60
"""A killed process is started at once; Kafka is the slowest to be ready again, with 6 s."""


class LocalStack:
    """Broker, engine and services under their supervisor. `url("api", "/v1/board")`, `kill("scoring")`."""

    def __init__(self, folder: Path, extra_environment: Mapping[str, str] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        ports = dict(zip(PORT_OFFSETS, free_ports(len(PORT_OFFSETS)), strict=True))
        self.settings = StackSettings(
            data=folder / "data",
            backups=folder / "backups",
            api_port=ports["api"],
            ingest_port=ports["ingest"],
            scoring_port=ports["scoring"],
            alerts_port=ports["alerts"],
            deadman_port=ports["deadman"],
            engine_port=ports["engine"],
            kafka_port=ports["kafka"],
            kafka_controller_port=ports["kafka_controller"],
            kafka_jars=REPO / ".data" / "tools" / "kafka",
        )
        self.environment = {**full_environment(self.settings), **(extra_environment or {})}
        command = [sys.executable, "-m", "deploy.local.stack", "run"]
        self._supervisor = ChildProcess(command, self.environment, folder / "supervisor.log")
        self.supervisor = SupervisorClient(self.settings)

    def start(self, command: str = "up") -> None:
        """Returns when `up` (or `demo`) has. Blocks. On failure everything is stopped again."""
        self._supervisor.start().wait_ready(self.supervisor.running)
        try:
            done = self.run("deploy.local.stack", command, timeout_seconds=UP_DEADLINE_SECONDS)
            assert done.returncode == 0, done.stdout + done.stderr
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops everything; the data stay."""
        self._supervisor.stop(deadline_seconds=UP_DEADLINE_SECONDS)

    def port(self, name: str) -> int:
        """Port of a process of the Procfile."""
        return self.settings.port(name)

    def url(self, name: str, path: str = "") -> str:
        """Address of a process that speaks HTTP."""
        return f"http://127.0.0.1:{self.port(name)}{path}"

    def run(self, module: str, *arguments: str, timeout_seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """Runs `python -m module …` in the stack's environment, as an operator would."""
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.run(
            command,
            env=self.environment,
            cwd=REPO,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )

    def kill(self, name: str) -> None:
        """kill -9 of one process; returns when the supervisor has started another in its place."""
        pid = self.supervisor.state(name).pid
        os.kill(pid, signal.SIGKILL)
        wait_until(
            lambda: self.supervisor.state(name).pid not in (0, pid),
            deadline_seconds=READY_DEADLINE_SECONDS,
            what=f"another {name}",
        )

    def wait_ready(self, name: str) -> None:
        """Returns when the process says that it does its work."""
        wait_until(lambda: is_ready(self.settings, name), deadline_seconds=READY_DEADLINE_SECONDS, what=f"{name} ready")

    def log(self, name: str) -> str:
        """Everything a process has logged."""
        return (self.settings.logs / f"{name}.log").read_text(errors="replace")
