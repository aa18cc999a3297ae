"""`python -m deploy.local.stack demo | up | down | status | logs | backup | restore | clean | run`."""

import argparse
import os
import shutil
import sys

from deploy.local.stack.demo import demo
from deploy.local.stack.settings import REPO, StackSettings, full_environment
from deploy.local.stack.status import nothing_runs, report
from deploy.local.stack.steps import (
    MARKER,
    StackError,
    backup,
    down,
    prepare,
    processes_of_the_stack,
    restore,
    supervisor_command,
    up,
)
from deploy.local.stack.supervisor import SupervisorError

LOG_LINES = "40"


def main() -> None:
    """Exits 1 with one cause when a step fails."""
    arguments = _parser().parse_args()
    try:
        _COMMANDS[arguments.command](StackSettings(), arguments)
    except (StackError, SupervisorError) as error:
        sys.exit(f"\n{error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.local.stack", description=__doc__)
    parser.add_argument("command", choices=sorted(_COMMANDS))
    parser.add_argument("name", nargs="?", default="", help="a process, for `logs`; a backup, for `restore`")
    return parser


def _up(settings: StackSettings, _: argparse.Namespace) -> None:
    up(settings)
    print(f"Sẵn sàng. Bảng theo dõi: http://127.0.0.1:{settings.port('api')}/")


def _demo(settings: StackSettings, _: argparse.Namespace) -> None:
    demo(settings)


def _down(settings: StackSettings, _: argparse.Namespace) -> None:
    print("Đã dừng." if down(settings) else nothing_runs(settings))


def _run(settings: StackSettings, _: argparse.Namespace) -> None:
    """Becomes the supervisor, in the foreground; `up` from elsewhere starts the processes."""
    prepare(settings, processes_of_the_stack())
    os.chdir(REPO)
    command = supervisor_command(settings)
    os.execve(command[0], command, full_environment(settings))  # noqa: S606 - fixed arguments, no shell


def _status(settings: StackSettings, _: argparse.Namespace) -> None:
    sys.exit(report(settings, processes_of_the_stack()))


def _logs(settings: StackSettings, arguments: argparse.Namespace) -> None:
    files = sorted(str(file) for file in settings.logs.glob(f"{arguments.name or '*'}.log"))
    if not files:
        sys.exit(f"Chưa có nhật ký trong {settings.logs}.")
    os.execvp("tail", ["tail", "-n", LOG_LINES, "-F", *files])  # noqa: S606


def _backup(settings: StackSettings, _: argparse.Namespace) -> None:
    print(f"{backup(settings)}\n{settings.backup_folder}")


def _restore(settings: StackSettings, arguments: argparse.Namespace) -> None:
    restore(settings, arguments.name)
    print(f"Đã khôi phục. Bảng theo dõi: http://127.0.0.1:{settings.port('api')}/")


def _clean(settings: StackSettings, _: argparse.Namespace) -> None:
    down(settings)
    if not (settings.folder / MARKER).exists():
        print(f"Không có dữ liệu của Chỉ tiêu trong {settings.folder}.")
        return
    shutil.rmtree(settings.folder)
    print(f"Đã xoá {settings.folder}.")


_COMMANDS = {
    "demo": _demo,
    "up": _up,
    "down": _down,
    "run": _run,
    "status": _status,
    "logs": _logs,
    "backup": _backup,
    "restore": _restore,
    "clean": _clean,
}

main()
