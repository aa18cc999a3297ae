"""One run of the benchmarks: its folder, its size, and the broker and engine that its lines share."""

import shutil
import sys
import time
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from tests.bench.baselines.prometheus_alerts import PrometheusAlerts
from tests.support.engine import EngineProcess, start_engine
from tests.support.kafka import LocalKafka

Size = TypeVar("Size")


class Run:
    """Started components live until the process ends; the kernel ends them with it."""

    def __init__(self, folder: Path, quick: bool, rounds: int) -> None:
        self.folder = folder
        self.quick = quick
        self.rounds = rounds
        self._began = time.monotonic()

    @cached_property
    def kafka(self) -> LocalKafka:
        """A broker of its own."""
        broker = LocalKafka(self.folder / "kafka")
        broker.start()
        return broker

    @cached_property
    def engine(self) -> EngineProcess:
        """An engine of its own; no query of a benchmark is refused for its length."""
        return start_engine(self.folder / "engine")

    @cached_property
    def prometheus(self) -> PrometheusAlerts:
        """Prometheus and Alertmanager, with alerts under way since the first time it is asked for."""
        rival = PrometheusAlerts(self.folder / "prometheus", falls=self.size(12, 1))
        rival.start()
        return rival

    def release(self) -> None:
        """Stops broker and engine and removes their data: the next line begins with its own."""
        for name in ("kafka", "engine"):
            part: LocalKafka | EngineProcess | None = self.__dict__.pop(name, None)
            if part is not None:
                part.stop()
                shutil.rmtree(self.folder / name)

    def rest(self, seconds: float) -> None:
        """Lets time pass: what is measured next is a state of rest."""
        time.sleep(seconds)

    def size(self, full: Size, quick: Size) -> Size:
        """The size, or the sizes, of something in this run."""
        return quick if self.quick else full

    def say(self, text: str) -> None:
        """Progress, with the minutes since the beginning."""
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        print(f"[{minutes:2}:{seconds:02}] {text}", file=sys.stderr, flush=True)
