"""The demonstration: the stack, keys for everyone, the year so far, then events that happen now."""

import http.client
import sys
import time
from pathlib import Path

from deploy.local.stack.demo_keys import PEOPLE, ensure_demo_keys
from deploy.local.stack.progress import seconds_text
from deploy.local.stack.readiness import status
from deploy.local.stack.settings import StackSettings
from deploy.local.stack.steps import StackError, tail, up
from deploy.local.stack.supervisor import SupervisorClient
from shared.keys import Role

LIVE_MARK = "Dòng sự kiện trực tiếp".encode()
"""Begins the simulator's progress line once the history is sent; from then on the wallboard moves by itself."""
HISTORY_DEADLINE_SECONDS = 600
"""Some 70,000 events: 20 s on a quiet machine."""
POLL_SECONDS = 0.2


def demo(settings: StackSettings) -> None:
    """Returns when the history is sent and the live stream runs in the background. Safe to repeat."""
    started = time.monotonic()
    up(settings.model_copy(update={"api_open_board": True}))
    ensure_demo_keys(settings)
    client = SupervisorClient(settings)
    client.stop("simulator")
    log = settings.logs / "simulator.log"
    seen = log.stat().st_size if log.exists() else 0
    print("Gửi dữ liệu từ đầu năm (mô phỏng) …", flush=True)
    client.start("simulator")
    _follow(settings, client, log, seen)
    _say_where(settings, time.monotonic() - started)


def _follow(settings: StackSettings, client: SupervisorClient, log: Path, seen: int) -> None:
    """Shows the simulator's progress until its live stream begins."""
    end, first = time.monotonic() + HISTORY_DEADLINE_SECONDS, seen
    while LIVE_MARK not in _from(log, first):
        seen += _show(_from(log, seen))
        if client.state("simulator").state not in ("RUNNING", "STARTING") or time.monotonic() > end:
            message = f"Bộ mô phỏng không gửi hết được dữ liệu:\n{tail(settings, 'simulator')}"
            raise StackError(message)
        time.sleep(POLL_SECONDS)


def _show(new: bytes) -> int:
    """Passes the progress bar on to a terminal; in a log each of its hundred states would be a line."""
    if sys.stdout.isatty():
        sys.stdout.write(new.decode(errors="replace"))
        sys.stdout.flush()
    return len(new)


def _from(log: Path, offset: int) -> bytes:
    if not log.exists():
        return b""
    with log.open("rb") as file:
        file.seek(offset)
        return file.read()


def _say_where(settings: StackSettings, seconds: float) -> None:
    print(f"\n\nSẵn sàng sau {seconds_text(seconds)}. Sự kiện vẫn được gửi tiếp cho đến khi `make down`.\n")
    print(f"  Bảng theo dõi:   http://127.0.0.1:{settings.port('api')}/")
    if status(settings.port("api"), "/v1/board") == http.client.UNAUTHORIZED:
        print(
            f"  Khoá xem:        {settings.secrets / PEOPLE[Role.VIEW]} (hệ thống đã chạy từ trước với bảng cần khoá)"
        )
    print(f"  Khoá vận hành:   {settings.secrets / PEOPLE[Role.OPERATE]} (để xem hồ sơ phía sau mỗi con số)")
    print("  Trạng thái, nhật ký, dừng: make status | make logs | make down")
    if told := sorted(settings.model_fields_set & {"data", "port_base"}):
        print(f"  (cùng với {' và '.join(f'CHITIEU_{name.upper()}' for name in told)} như lần này)")
