"""Memory of a process tree over time, with shared pages divided among their users.

What is judged is what is *held*: anonymous and shared-memory pages, which the kernel can only take away by ending the
process. Pages of mapped files (LMDB's store, the indexes of Kafka's log, libraries) are the page cache's: they stay as
long as nobody else needs the room, so they grow with what was ever touched, and go without harm. They are told beside
it.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

EVERY_SECONDS = 2.0
KIB_PER_MIB = 1024


class Pages(NamedTuple):
    """MiB."""

    held: float
    files: float


@dataclass(frozen=True, slots=True)
class Sample:
    """The whole tree at one moment (monotonic seconds)."""

    at: float
    processes: Mapping[str, Pages]

    @property
    def held(self) -> float:
        """MiB of all processes that cannot be taken away."""
        return sum(pages.held for pages in self.processes.values())

    @property
    def files(self) -> float:
        """MiB of mapped files."""
        return sum(pages.files for pages in self.processes.values())

    def table(self) -> str:
        """`name held+files` of each process, in MiB."""
        parts = (f"{name} {one.held:.0f}+{one.files:.0f}" for name, one in self.processes.items())
        return f"{self.held:.0f} held + {self.files:.0f} of files ({', '.join(parts)})"


class Watch:
    """Looks at a process and all below it in a thread of its own while it is open."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="memory", daemon=True)
        self.samples = [tree(root)]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def highest(self, since: float, until: float) -> Sample:
        """The sample with most held between two moments."""
        within = [one for one in self.samples if since <= one.at <= until]
        return max(within or self.samples[-1:], key=lambda one: one.held)

    def _run(self) -> None:
        while not self._end.wait(EVERY_SECONDS):
            self.samples.append(tree(self._root))


def tree(root: int) -> Sample:
    """A process and all below it, by the end of their commands; what ends meanwhile counts nothing."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name, in brackets, may hold anything; after it come the state and the parent.
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
        children.setdefault(parent, []).append(int(status.parent.name))
    found: dict[str, Pages] = {}
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        name, pages = _name(pid), _pages(pid)
        before = found.get(name, Pages(0, 0))
        found[name] = Pages(before.held + pages.held, before.files + pages.files)
        waiting += children.get(pid, [])
    return Sample(time.monotonic(), found)


def _pages(pid: int) -> Pages:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return Pages(0, 0)
    kib = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    return Pages((kib["Pss_Anon"] + kib["Pss_Shmem"]) / KIB_PER_MIB, kib["Pss_File"] / KIB_PER_MIB)


def _name(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return "ended"
    found = (word for word in words if word.startswith(("services.", "deploy.", "kafka.")))
    return next((word.rpartition(".")[2].lower() for word in found), "supervisor")
