"""A real Alertmanager on a free port of this machine: Debian's package, unpacked by setup and never installed."""

import json
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from tests.support.processes import REPO, ChildProcess, free_ports

BINARIES = REPO / ".data" / "tools" / "prometheus" / "usr" / "bin"
"""With prometheus, promtool and amtool."""

CONFIGURATION = """
route: {{receiver: test, group_by: [alert_id], group_wait: 100ms, group_interval: 1s}}
receivers:
- name: test
  webhook_configs: [{{url: "{url}", send_resolved: true}}]
"""


class Alertmanager:
    """`url`; what it holds by `alerts()`; it tells the webhook `url` that it is given."""

    def __init__(self, folder: Path, webhook_url: str = "http://127.0.0.1:9/") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        configuration = folder / "alertmanager.yml"
        configuration.write_text(CONFIGURATION.format(url=webhook_url))
        command = [
            str(BINARIES / "prometheus-alertmanager"),
            f"--config.file={configuration}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        ]
        self._process = ChildProcess(command, {}, folder / "alertmanager.log")

    def start(self) -> None:
        """Returns when it is ready."""
        self._process.start().wait_ready(self._ready)

    def stop(self) -> None:
        """It forgets its alerts: it keeps them in memory only."""
        self._process.stop()

    def alerts(self) -> list[dict[str, Any]]:
        """Those that it holds as firing."""
        with urlopen(f"{self.url}/api/v2/alerts", timeout=10) as answer:  # noqa: S310 - an address of this machine
            found: list[dict[str, Any]] = json.load(answer)
        return found

    def _ready(self) -> bool:
        try:
            with urlopen(f"{self.url}/-/ready", timeout=1) as answer:  # noqa: S310 - an address of this machine
                return bool(answer.status == 200)
        except (URLError, TimeoutError, ConnectionError):
            return False
