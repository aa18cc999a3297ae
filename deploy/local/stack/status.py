"""The state of the stack as a table: running, ready, since when, how much memory."""

from collections.abc import Sequence
from pathlib import Path

from deploy.local.stack.procfile import Process
from deploy.local.stack.readiness import is_ready
from deploy.local.stack.settings import StackSettings
from deploy.local.stack.supervisor import ProcessState, SupervisorClient

KIB_PER_MIB = 1024


def report(settings: StackSettings, processes: Sequence[Process]) -> int:
    """Prints one line per process, and one for the demonstration's simulator; 0 when all are ready, 1 otherwise."""
    client = SupervisorClient(settings)
    if not client.running():
        print(nothing_runs(settings))
        return 1
    rows = [(client.state(one.name), is_ready(settings, one.name)) for one in processes]
    print(f"{'tiến trình':<10} {'trạng thái':<10} {'sẵn sàng':<9} {'cổng':>6} {'bộ nhớ (PSS)':>13}  ghi chú")
    for one, ready in rows:
        print(_line(one, "có" if ready else "không", settings.port(one.name)))
    simulator = client.state("simulator")
    if simulator.state != "STOPPED":
        print(_line(simulator, "–", "–"))
    return 0 if all(ready for _, ready in rows) else 1


def nothing_runs(settings: StackSettings) -> str:
    """Names the folder: another stack may run with another one."""
    return f"Không có gì đang chạy với dữ liệu ở {settings.folder} (CHITIEU_DATA)."


def _line(one: ProcessState, ready: str, port: int | str) -> str:
    memory = f"{proportional_set_mib(one.pid)} MB" if one.pid else "–"
    return f"{one.name:<10} {one.state:<10} {ready:<9} {port:>6} {memory:>13}  {one.description}"


def proportional_set_mib(pid: int) -> int:
    """Memory of a process with shared pages divided among their users; 0 when it is gone or not ours."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) // KIB_PER_MIB
