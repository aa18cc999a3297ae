"""The whole embedded stack under an open load: nothing is pinned, generator and all parts share the machine's cores."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from tests.bench.generator import BATCH_EVENTS
from tests.bench.measuring import cores, pin
from tests.chaos.memory import tree
from tests.support.delivering import SECRET
from tests.support.pipeline import Pipeline
from tests.support.processes import REPO
from tests.support.stack import LocalStack
from tests.support.waiting import wait_until
from tests.support.webhook import WebhookReceiver

SYSTEM = "dvc"
LOOK_SECONDS = 0.2
"""How often the lag is read; each look is a query of a few milliseconds."""
DRAIN_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Trial:
    """One open load: the largest lag in seconds while it lasted, and what the senders were told."""

    rate: float
    seconds: float
    worst_lag: float
    answers: dict[str, Any]

    @property
    def clean(self) -> bool:
        """Whether every request was accepted and the load was not given up."""
        return bool(self.answers) and not self.answers["refused"]


class Embedded:
    """The stack with a receiver of its webhooks. `load` sends and watches; `lag` looks at once."""

    def __init__(self, folder: Path) -> None:
        pin(os.getpid(), cores()[0] | cores()[1])
        self.receiver = WebhookReceiver()
        self.receiver.start()
        folder.mkdir(parents=True, exist_ok=True)
        policies = str(_policies(folder / "policies.yaml"))
        receivers = str(_receivers(folder / "receivers.yaml", self.receiver.url))
        self.stack = LocalStack(folder, {"CHITIEU_RECEIVERS": receivers, "CHITIEU_POLICIES": policies})
        self.stack.start()
        self.pipeline = Pipeline(self.stack)
        self._batches = 0

    def stop(self) -> None:
        """Ends everything."""
        self.pipeline.close()
        self.stack.stop()
        self.receiver.stop()

    @cached_property
    def key(self) -> str:
        """Of the system that sends."""
        return self.pipeline.key("emit", SYSTEM)

    def memory(self) -> dict[str, int]:
        """PSS of the supervisor and all that it runs in MiB, by process; `all` is their sum."""
        processes = tree(self.stack._supervisor.pid).processes
        by_process = {name: round(pages.held + pages.files) for name, pages in processes.items()}
        return {**by_process, "all": sum(by_process.values())}

    def lag(self, since: float) -> float:
        """Age in seconds of the oldest event that the board may not know, among those since `since` (`time.time()`).

        A partition is known up to the receive time of its mark; before anything came it is known up to `since`.
        """
        rows = self.pipeline.engine.query("SELECT toUnixTimestamp64Milli(received) FROM watermarks").result_rows
        known = min((row[0] / 1000 for row in rows), default=since)
        return time.time() - max(known, since)

    def load(self, rate: float, seconds: float, give_up_lag: float) -> Trial:
        """Sends for so long, or until the lag is past `give_up_lag`; returns when all that was sent is scored."""
        child, began = self.start_load(rate, seconds)
        worst = 0.0
        while child.poll() is None:
            worst = max(worst, self.lag(began) if time.time() < began + seconds else 0.0)
            if worst > give_up_lag:
                child.terminate()
                child.wait()
            time.sleep(LOOK_SECONDS)
        text = child.communicate()[0]
        self.pipeline.wait_scored(DRAIN_SECONDS)
        return Trial(rate, seconds, worst, json.loads(text) if text else {})

    def start_load(self, rate: float, seconds: float) -> tuple[subprocess.Popen[str], float]:
        """The generator and when it began (`time.time()`); ended by the kernel with this process."""
        options = {"port": self.stack.port("ingest"), "rate": rate, "seconds": seconds, "first": self._batches}
        self._batches += int(rate * seconds / BATCH_EVENTS) + 1
        key = self.key
        arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        child = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "tests.bench.generator", *arguments],
            cwd=REPO,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(f"{key}\n")
        child.stdin.flush()
        return child, float(child.stdout.readline())

    def settle(self, quiet: Callable[[], bool], what: str) -> None:
        """Returns once `quiet`."""
        wait_until(quiet, deadline_seconds=DRAIN_SECONDS, what=what)


def _receivers(file: Path, url: str) -> Path:
    """One webhook that gets every change on its own and at once, as machines do."""
    file.with_suffix(".secret").write_text(SECRET)
    hook = {"kind": "webhook", "url": url, "secret_files": [file.with_suffix(".secret").name]}
    file.write_text(yaml.safe_dump({"receivers": {"hook": hook | {"allow_private": True, "everything": True}}}))
    return file


def _policies(file: Path) -> Path:
    """The shipped ones without what keeps a unit quiet that turns every few seconds: hysteresis and flapping."""
    shipped = files("services.alerts").joinpath("policies", "default.yaml").read_text("utf-8")
    policies = yaml.safe_load(shipped)
    policies["rules"]["below_target"] |= {"clear_points": 0, "flapping": {"turns": 100_000}}
    file.write_text(yaml.safe_dump(policies))
    return file
