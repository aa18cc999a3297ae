"""What can go wrong: each fault strikes at a seeded moment and is over after a while."""

import os
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from tests.chaos.cluster import JOINER, WORKERS, Cluster

Undo = Callable[[], None]
Strike = Callable[[Cluster, Random], Undo | None]
"""Does it and returns how it is undone; None when it cannot be done now, for the process is not there."""

PAST_SESSION_SECONDS = (7.0, 9.0)
"""The group's session is 6 s, a request to Kafka 10 s, an insert here 3 s."""
FILLER = "filler"
FILLER_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Fault:
    """`lasts` is a range of seconds."""

    name: str
    strike: Strike
    lasts: tuple[float, float] = (0.0, 0.0)
    needs: str = ""
    """The field of `Shape` without which it is not possible."""

    @property
    def kind(self) -> str:
        """kill, freeze, and so on."""
        return self.name.partition("-")[0]


def _nothing() -> None:
    """What undoes a kill: those who restart processes."""


def kill(service: str) -> Strike:
    """Kill -9 of one of the service's processes."""

    def strike(cluster: Cluster, random: Random) -> Undo | None:
        return _nothing if _signal(cluster.pid(random.choice(cluster.names(service))), signal.SIGKILL) else None

    return strike


def freeze(service: str) -> Strike:
    """SIGSTOP, then SIGCONT."""

    def strike(cluster: Cluster, random: Random) -> Undo | None:
        pid = cluster.pid(random.choice(cluster.names(service)))
        return (lambda: _continue(pid)) if _signal(pid, signal.SIGSTOP) else None

    return strike


def _signal(pid: int, number: signal.Signals) -> bool:
    if not pid:
        return False
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def _continue(pid: int) -> None:
    _signal(pid, signal.SIGCONT)


def freeze_alerts_owner(cluster: Cluster, random: Random) -> Undo | None:
    """The evaluator that was elected."""
    owners = [name for name in cluster.names("alerts") if "chitieu_alerts_owner 1.0" in cluster.metrics(name)]
    if not owners:
        return None
    pid = cluster.pid(random.choice(owners))
    return (lambda: _continue(pid)) if _signal(pid, signal.SIGSTOP) else None


def worker_joins(cluster: Cluster, random: Random) -> Undo | None:
    """A third worker beside the supervised one comes and goes."""
    child = cluster.children[JOINER]
    child.held = False
    return child.hold


def worker_leaves(cluster: Cluster, random: Random) -> Undo | None:
    """One of the workers beside the supervised one goes in an orderly way and comes back."""
    child = cluster.children[random.choice(WORKERS)]
    if child.held or not child.pid:
        return None
    child.hold()

    def back() -> None:
        child.held = False

    return back


def full_disk(cluster: Cluster, random: Random) -> Undo | None:
    """Nothing can be written to the small disk under the stores of the workers beside the supervised one."""
    filler = cluster.disk / FILLER
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        # A block at a time until even one more byte is refused: the stores take room at the same moment.
        while True:
            file.write(bytes(FILLER_BLOCK_BYTES))

    def room() -> None:
        filler.unlink(missing_ok=True)

    return room


def slow_connections(cluster: Cluster, random: Random) -> Undo | None:
    """Every chunk to and from broker and engine is late."""
    cluster.kafka.delay_seconds = random.uniform(0.01, 0.2)
    cluster.engine.delay_seconds = random.uniform(0.01, 0.3)
    return lambda: _clear(cluster)


def dropped_kafka(cluster: Cluster, random: Random) -> Undo | None:
    """Half of the connections to the broker break."""
    cluster.kafka.drop(random)
    return lambda: cluster.kafka.drop(random)


def lost_answers(cluster: Cluster, random: Random) -> Undo | None:
    """Inserts through the proxy are carried out, and the connection breaks before the answer; others break too."""
    cluster.engine.lose_answers_to = random.choice([b"INSERT INTO", b"INSERT INTO chitieu.ledger_"])
    cluster.engine.drop(random)
    return lambda: _clear(cluster)


def _clear(cluster: Cluster) -> None:
    cluster.kafka.clear()
    cluster.engine.clear()


FAULTS = (
    Fault("kill-ingest", kill("ingest")),
    Fault("kill-scoring", kill("scoring")),
    Fault("kill-alerts", kill("alerts")),
    Fault("kill-api", kill("api")),
    Fault("kill-engine", kill("engine")),
    Fault("kill-broker", kill("kafka")),
    Fault("freeze-scoring", freeze("scoring"), PAST_SESSION_SECONDS),
    Fault("freeze-alerts", freeze_alerts_owner, PAST_SESSION_SECONDS, "standby"),
    Fault("freeze-engine", freeze("engine"), (4.0, 6.0)),
    Fault("freeze-broker", freeze("kafka"), PAST_SESSION_SECONDS),
    Fault("workers-join", worker_joins, (3.0, 5.0)),
    Fault("workers-leave", worker_leaves, (1.0, 4.0)),
    Fault("disk-full", full_disk, (3.0, 5.0), "small_disk"),
    Fault("net-slow", slow_connections, (3.0, 6.0), "weather"),
    Fault("net-drop-kafka", dropped_kafka, (1.0, 2.0), "weather"),
    Fault("net-lose-engine", lost_answers, (1.0, 3.0), "weather"),
)
BY_NAME = {fault.name: fault for fault in FAULTS}


class Deck:
    """Deals faults in seeded order; every fault comes as often as any other."""

    def __init__(self, faults: Iterable[Fault], random: Random) -> None:
        self._faults = list(faults)
        self._random = random
        self._left: list[Fault] = []

    def deal(self, count: int) -> list[Fault]:
        """The next `count` faults."""
        dealt = []
        for _ in range(count):
            if not self._left:
                self._left = self._random.sample(self._faults, len(self._faults))
            dealt.append(self._left.pop())
        return dealt


def undo_all(undos: Iterable[Undo]) -> None:
    """After an interrupted round: nothing stays frozen."""
    for undo in undos:
        with suppress(OSError):
            undo()
