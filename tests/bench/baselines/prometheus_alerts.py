"""The usual way to alert on a rate: Prometheus scrapes a gauge, a rule compares, Alertmanager sends a webhook.

Debian's packages, run by hand on 127.0.0.1 with files of their own; their services are never started. Intervals are
the defaults of both: scrape and evaluation every minute, `group_wait` 30 s, `group_interval` 5 min; the rule has no
`for`. Every unit is a group of its own and falls once, so that none waits for the group interval. Units fall at moments
spread over the minute, for the delay depends on where in it one falls: 30 s to 150 s.
"""

import http.client
import json
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from prometheus_client import CollectorRegistry, Gauge, start_http_server

from deploy.local.stack.readiness import status
from tests.support.alertmanager import BINARIES
from tests.support.processes import ChildProcess, free_ports
from tests.support.webhook import WebhookReceiver

GAUGE, TARGET, BELOW = "chitieu_rate_percent", 80.0, 79.0
EVERY_SECONDS = 17.0
"""Between two falls; has no factor in common with a minute, so they meet every part of it."""
LATEST_SECONDS = 180.0
LOOK_SECONDS = 0.5


@dataclass
class PrometheusAlerts:
    """`start`, then units fall one after another in a thread; `seconds` when all are told."""

    folder: Path
    falls: int
    _fell: dict[str, float] = field(default_factory=dict)
    _visible: dict[str, float] = field(default_factory=dict)

    def start(self) -> None:
        """Returns when both answer; the first unit falls at once."""
        self.folder.mkdir()
        self._receiver = WebhookReceiver()
        self._receiver.start()
        registry = CollectorRegistry()
        self._gauge = Gauge(GAUGE, "Rate of a unit.", ["unit"], registry=registry)
        for number in range(self.falls):
            self._gauge.labels(f"unit-{number}").set(TARGET)
        exporter, self._port, manager = free_ports(3)
        start_http_server(exporter, "127.0.0.1", registry)
        self._write_files(exporter, manager)
        self._processes = [self._process("prometheus", self._port), self._process("prometheus-alertmanager", manager)]
        self._thread = threading.Thread(target=self._fall, name="falling units", daemon=True)
        self._thread.start()

    def seconds(self) -> tuple[list[float], list[float]]:
        """(until visible to a query, until the webhook) of every unit, in seconds; waits for the last; stops both."""
        self._thread.join()
        told = self._told()
        for process in self._processes:
            process.stop()
        self._receiver.stop()
        return (
            [self._visible.get(unit, at + LATEST_SECONDS) - at for unit, at in self._fell.items()],
            [told.get(unit, at + LATEST_SECONDS) - at for unit, at in self._fell.items()],
        )

    def _fall(self) -> None:
        for number in range(self.falls):
            unit = f"unit-{number}"
            self._gauge.labels(unit).set(BELOW)
            self._fell[unit] = time.time()
            self._watch_until(lambda: time.time() > self._fell[unit] + EVERY_SECONDS)  # noqa: B023 - used at once
        end = time.time() + LATEST_SECONDS
        self._watch_until(lambda: len(self._told()) == self.falls or time.time() > end)

    def _watch_until(self, over: Callable[[], bool]) -> None:
        while not over():
            query = urllib.parse.urlencode({"query": f"{GAUGE} < {TARGET}"})
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/api/v1/query?{query}", timeout=10) as answer:
                for one in json.load(answer)["data"]["result"]:
                    self._visible.setdefault(one["metric"]["unit"], time.time())
            time.sleep(LOOK_SECONDS)

    def _told(self) -> dict[str, float]:
        told: dict[str, float] = {}
        for delivery in self._receiver.deliveries:
            for alert in json.loads(delivery.body)["alerts"]:
                told.setdefault(alert["labels"]["unit"], delivery.at)
        return told

    def _process(self, name: str, port: int) -> ChildProcess:
        config = self.folder / f"{name}.yml"
        listen = [f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}"]
        options = {
            "prometheus": [f"--storage.tsdb.path={self.folder / 'tsdb'}"],
            "prometheus-alertmanager": [f"--storage.path={self.folder / 'alertmanager'}", "--cluster.listen-address="],
        }
        process = ChildProcess([str(BINARIES / name), *listen, *options[name]], {}, self.folder / f"{name}.log")
        return process.start().wait_ready(lambda: status(port, "/-/ready") == http.client.OK)

    def _write_files(self, exporter: int, manager: int) -> None:
        rule = {"alert": "BelowTarget", "expr": f"{GAUGE} < {TARGET}"}
        targets = [f"127.0.0.1:{manager}"]
        files = {
            "rules": {"groups": [{"name": "board", "rules": [rule]}]},
            "prometheus": {
                "rule_files": [str(self.folder / "rules.yml")],
                "alerting": {"alertmanagers": [{"static_configs": [{"targets": targets}]}]},
                "scrape_configs": [{"job_name": "board", "static_configs": [{"targets": [f"127.0.0.1:{exporter}"]}]}],
            },
            "prometheus-alertmanager": {
                "route": {"receiver": "hook", "group_by": ["unit"]},
                "receivers": [{"name": "hook", "webhook_configs": [{"url": self._receiver.url}]}],
            },
        }
        for name, content in files.items():
            (self.folder / f"{name}.yml").write_text(yaml.safe_dump(content))
