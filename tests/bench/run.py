"""One run of the benchmarks: its folder, its size, and the broker and engine that its lines share."""

import sys
from functools import cached_property
from pathlib import Path

from tests.support.engine import EngineProcess, start_engine
from tests.support.kafka import LocalKafka


class Run:
    """Started components live until the process ends; the kernel ends them with it."""

    def __init__(self, folder: Path, quick: bool, rounds: int) -> None:
        self.folder = folder
        self.quick = quick
        self.rounds = rounds

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

    def size(self, full: int, quick: int) -> int:
        """The size of something in this run."""
        return quick if self.quick else full

    def say(self, text: str) -> None:
        """Progress."""
        print(text, file=sys.stderr, flush=True)
