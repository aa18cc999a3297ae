"""What `up` and `down` do, in order."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from deploy.local.stack.procfile import Process, parse
from deploy.local.stack.progress import Progress
from deploy.local.stack.readiness import is_ready
from deploy.local.stack.secrets import DEMO_SYSTEMS, ensure_secrets
from deploy.local.stack.settings import PORT_OFFSETS, REPO, StackSettings, full_environment
from deploy.local.stack.supervisor import SupervisorClient, configuration

PROCFILE = REPO / "deploy" / "local" / "Procfile"
FOUNDATION = ("kafka", "engine")
"""What must be ready before tables and topics can be made."""
MARKER = ".chitieu-data"
"""Only a folder with this file is ever removed by `clean`."""
READY_DEADLINE_SECONDS = 90
"""A cold start on a busy machine with two cores takes 15 s at most."""
DOWN_DEADLINE_SECONDS = 120
"""Processes stop one after the other, each with its own limit; more than this is a fault to be seen."""
POLL_SECONDS = 0.1
TAIL_LINES = 20


class StackError(RuntimeError):
    """The stack cannot go on; the message is for the person who started it."""


def up(settings: StackSettings, *, restoring: str | None = None) -> None:
    """Starts what is not running and returns when everything is ready. May be called on a running stack.

    `restoring`: name of the backup to fill an empty log and database from, "" for the newest, None for none.
    """
    processes = processes_of_the_stack()
    services = [one.name for one in processes if one.name not in FOUNDATION]
    progress = Progress(4 + len(processes) + (restoring is not None))
    with progress.step(f"Thư mục dữ liệu {settings.folder}"):
        prepare(settings, processes)
    client = SupervisorClient(settings)
    with progress.step("Bộ giám sát tiến trình (supervisor)", "đang chạy"):
        _ensure_supervisor(settings, client)
    for name in FOUNDATION:
        client.start(name)
    for name in FOUNDATION:
        _await_ready(settings, client, name, progress)
    if restoring is not None:
        with progress.step(f"Khôi phục từ {settings.backup_folder}"):
            _run(settings, "deploy.backup", "restore", "--tables", restoring)
    with progress.step("Bảng và khung nhìn ClickHouse"):
        _run(settings, "shared.schema", "apply")
    with progress.step("Chủ đề (topic) Kafka"):
        _run(settings, "shared.topics", "create")
    for name in services:
        client.start(name)
    for name in services:
        _await_ready(settings, client, name, progress)


def restore(settings: StackSettings, name: str) -> None:
    """Fills an empty log and an empty database, then starts everything. `StackError` while a service runs."""
    client = SupervisorClient(settings)
    if client.running():
        services = {one.name for one in client.states() if one.pid} - set(FOUNDATION)
        if services:
            message = f"Đang chạy: {', '.join(sorted(services))}. Dừng trước khi khôi phục: make down"
            raise StackError(message)
    up(settings, restoring=name)


def backup(settings: StackSettings) -> str:
    """Copies log and tables of a running stack; returns what was copied, in one line."""
    return _run(settings, "deploy.backup", "make").strip()


def down(settings: StackSettings) -> bool:
    """Stops everything in reverse order and returns when it is gone; False when nothing was running."""
    client = SupervisorClient(settings)
    if not client.running():
        return False
    client.shutdown()
    control = settings.run / "supervisor.sock"
    _wait(lambda: not client.running() and not control.exists(), DOWN_DEADLINE_SECONDS, "supervisor")
    return True


def processes_of_the_stack() -> list[Process]:
    """The Procfile."""
    return parse(PROCFILE.read_text())


def prepare(settings: StackSettings, processes: Sequence[Process]) -> None:
    """Folders, secrets and the supervisor's configuration; what exists is kept."""
    for folder in (settings.folder, settings.logs, settings.run):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (settings.folder / MARKER).touch()
    ensure_secrets(settings.secrets)
    (settings.run / "supervisor.conf").write_text(configuration(settings, [*processes, _simulator(settings)]))


def _simulator(settings: StackSettings) -> Process:
    """Known to the supervisor and started by `demo` only: it goes on in the background until `down`."""
    keys = settings.secrets / DEMO_SYSTEMS
    url = f"http://127.0.0.1:{settings.port('ingest')}"
    command = f'python -m deploy.local.simulator demo --keys "{keys}" --url {url}'
    return Process("simulator", command, restarted=False)


def supervisor_command(settings: StackSettings) -> list[str]:
    """Runs the supervisor in the foreground; it starts no process until it is told."""
    return [sys.executable, "-m", "supervisor.supervisord", "-c", str(settings.run / "supervisor.conf")]


def _ensure_supervisor(settings: StackSettings, client: SupervisorClient) -> None:
    if client.running():
        return
    _refuse_taken_ports(settings)
    with (settings.logs / "supervisor.out").open("ab") as out:
        child = subprocess.Popen(
            supervisor_command(settings),
            env=full_environment(settings),
            cwd=REPO,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    _wait(lambda: client.running() or child.poll() is not None, READY_DEADLINE_SECONDS, "supervisor")
    if child.poll() is not None:
        message = f"Bộ giám sát không chạy được:\n{tail(settings, 'supervisor')}"
        raise StackError(message)
    # It outlives this process on purpose; without this the interpreter warns about a child it no longer waits for.
    child.returncode = 0


def _refuse_taken_ports(settings: StackSettings) -> None:
    taken = []
    for name in PORT_OFFSETS:
        with socket.socket() as probe, suppress(ConnectionRefusedError):
            probe.settimeout(1)
            probe.connect(("127.0.0.1", settings.port(name)))
            taken.append(f"{settings.port(name)} ({name})")
    if taken:
        message = f"Cổng đang bị tiến trình khác dùng: {', '.join(taken)}. Đổi bằng CHITIEU_PORT_BASE=18000."
        raise StackError(message)


def _await_ready(settings: StackSettings, client: SupervisorClient, name: str, progress: Progress) -> None:
    with progress.step(f"{name} trên 127.0.0.1:{settings.port(name)}", "sẵn sàng"):
        try:
            _wait(lambda: is_ready(settings, name), READY_DEADLINE_SECONDS, name)
        except StackError as error:
            state = client.state(name)
            message = f"{error} ({state.state}: {state.description}). Cuối nhật ký:\n{tail(settings, name)}"
            raise StackError(message) from None


def _wait(condition: Callable[[], bool], deadline_seconds: float, name: str) -> None:
    end = time.monotonic() + deadline_seconds
    while not condition():
        if time.monotonic() > end:
            message = f"{name} chưa sẵn sàng sau {deadline_seconds} s"
            raise StackError(message)
        time.sleep(POLL_SECONDS)


def _run(settings: StackSettings, module: str, *arguments: str) -> str:
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(
        command, env=full_environment(settings), cwd=REPO, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        message = f"{module} {' '.join(arguments)}: thoát {done.returncode}\n{done.stdout}{done.stderr}"
        raise StackError(message)
    return done.stdout


def tail(settings: StackSettings, name: str) -> str:
    """The last lines of a process's log."""
    file = settings.logs / f"{name}.log"
    if not file.exists():
        return "(chưa có nhật ký)"
    return "\n".join(file.read_text(errors="replace").splitlines()[-TAIL_LINES:])
