"""The rounds: load, seeded faults, rest, and the question whether everything is still exact."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from aiokafka.errors import KafkaError
from clickhouse_connect.driver.exceptions import ClickHouseError

from shared.settings import SharedSettings
from tests.chaos.check import Difference, Tables, differences
from tests.chaos.client import Book, Client
from tests.chaos.cluster import Cluster, Shape
from tests.chaos.faults import Fault, Undo, undo_all
from tests.support.pipeline import Pipeline

STRIKE_WITHIN_SECONDS = 2.0
"""Faults of one round overlap."""
LOAD_AFTER_SECONDS = 0.5
TICK_SECONDS = 0.1
REST_SECONDS = 90
"""Nothing may be stuck longer than this once no fault is left; a quiet machine needs a few seconds."""
STRIKE_DEADLINE_SECONDS = 15
"""A process may still be on its way back from the fault before."""
ALL_ROUNDS_EVERY = 10
"""Every round looks at the last two and at the tables as a whole; every tenth looks at all of them."""
SYSTEM = "dvc"
MIN_OWNERS = 2
"""Of three workers one may be left without a partition, for none takes more than two of the four."""


@dataclass
class Result:
    """One round."""

    number: int
    faults: list[str]
    book: Book
    phases: dict[str, float]
    """Seconds: faults under load, the last answers, rest until all is scored, check."""
    differences: list[Difference]


PHASES = ("faults", "answers", "rest", "check")


class Clock:
    """Seconds of each phase."""

    def __init__(self) -> None:
        self.phases: dict[str, float] = {}
        self._since = time.monotonic()

    def note(self, phase: str) -> None:
        """The phase has ended now."""
        now = time.monotonic()
        self.phases[phase], self._since = now - self._since, now


@dataclass
class Arena:
    """A cluster with its client, its tables and a way to see how far it is."""

    cluster: Cluster
    client: Client
    tables: Tables
    pipeline: Pipeline
    results: list[Result] = field(default_factory=list)

    def play(self, number: int, faults: Sequence[Fault], seed: int) -> Result:
        """One round."""
        clock, random = Clock(), Random(f"{seed} round {number}")
        self.client.begin(number, seed)
        try:
            struck = self._strike(faults, random)
            self._tend_for(LOAD_AFTER_SECONDS)
            clock.note("faults")
        finally:
            book = self.client.end()
        clock.note("answers")
        books = [*(result.book for result in self.results), book]
        found = self._rest()
        clock.note("rest")
        if not found:
            found = differences(self.tables, books if number % ALL_ROUNDS_EVERY == 0 else books[-2:])
        clock.note("check")
        result = Result(number, struck, book, clock.phases, found)
        self.results.append(result)
        return result

    def everything(self) -> list[Difference]:
        """All rounds again, at the end."""
        return differences(self.tables, [result.book for result in self.results])

    def _strike(self, faults: Sequence[Fault], random: Random) -> list[str]:
        """Returns when all faults have struck and are over; names of those that could strike."""
        now = time.monotonic()
        waiting = [(now + random.random() * STRIKE_WITHIN_SECONDS, fault) for fault in faults]
        over: list[tuple[float, Undo]] = []
        struck: list[str] = []
        try:
            while waiting or over:
                self.cluster.tend()
                now = time.monotonic()
                for at, fault in [one for one in waiting if one[0] <= now]:
                    if undo := fault.strike(self.cluster, random):
                        over.append((now + random.uniform(*fault.lasts), undo))
                        struck.append(fault.name)
                    if undo or now > at + STRIKE_DEADLINE_SECONDS:
                        waiting.remove((at, fault))
                for end, undo in [one for one in over if one[0] <= now]:
                    over.remove((end, undo))
                    undo()
                time.sleep(TICK_SECONDS)
        finally:
            undo_all(undo for _, undo in over)
        return struck

    def _tend_for(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.cluster.tend()
            time.sleep(TICK_SECONDS)

    def _rest(self) -> list[Difference]:
        """Waits until everything works again and the marks are at the log's end; what is stuck otherwise."""
        end, unmet = time.monotonic() + REST_SECONDS, ""
        while time.monotonic() < end:
            self.cluster.tend()
            unmet = self._unmet()
            if not unmet:
                return []
            time.sleep(TICK_SECONDS)
        return [Difference("stuck", f"after {REST_SECONDS} s: {unmet}")]

    def _unmet(self) -> str:
        """The first thing that is not as it must be."""
        if unready := self.cluster.unready():
            return f"not ready: {unready}"
        owned = self.cluster.partitions_owned()
        if sum(owned) != SharedSettings().partitions or len(owned) - owned.count(0) < MIN_OWNERS:
            return f"partitions owned by the workers: {owned}"
        try:
            ends, marks = self.pipeline.log_ends(), self.pipeline.marks()
        except (ClickHouseError, KafkaError, OSError) as error:
            return f"{type(error).__name__}: {error}"
        behind = {number: (marks.get(number), last) for number, last in ends.items() if marks.get(number, -1) < last}
        return f"marks behind the log: {behind}" if behind else ""


@contextmanager
def arena(folder: Path, shape: Shape, events_per_second: float) -> Iterator[Arena]:
    """A running cluster with everything around it."""
    with ExitStack() as exits:
        cluster = exits.enter_context(Cluster(folder, shape).running())
        pipeline = Pipeline(cluster.stack)
        exits.callback(pipeline.close)
        tables = Tables(cluster.stack)
        exits.callback(tables.close)
        client = Client(cluster.ingest_addresses(), pipeline.key("emit", SYSTEM), events_per_second)
        exits.callback(client.close)
        made = Arena(cluster, client, tables, pipeline)
        if stuck := made._rest():
            raise RuntimeError(stuck[0].what)
        yield made


def summary(results: Sequence[Result], tell: Callable[[str], None]) -> None:
    """The final table."""
    faults = Counter(name for result in results for name in result.faults)
    answers = sum((result.book.answers for result in results), Counter[str]())
    found = Counter(one.kind for result in results for one in result.differences)
    others = found.total() - found["lost"] - found["doubled"]
    accepted = sum(len(result.book.accepted) for result in results)
    tried = sum(len(result.book.tried) for result in results)
    tell(f"\n{'fault':<18} {'times':>6}")
    for name, count in sorted(faults.items()):
        tell(f"{name:<18} {count:>6}")
    tell(f"{'kills':<18} {sum(count for name, count in faults.items() if name.startswith('kill')):>6}")
    phases = [phase for result in results for phase in result.phases.items()]
    means = {phase: sum(s for name, s in phases if name == phase) / len(results) for phase in PHASES}
    parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in means.items())
    tell(f"\nrounds {len(results)}, {sum(means.values()):.1f} s each ({parts})")
    tell(f"events tried {tried}, accepted {accepted}, never answered with 2xx {tried - accepted}")
    tell(f"answers: {', '.join(f'{name} {count}' for name, count in sorted(answers.items()))}")
    tell(f"lost {found['lost']}, doubled {found['doubled']}, other differences {others}")
