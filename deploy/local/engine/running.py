"""The queries that were received and not yet answered, under their clients' query ids."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from deploy.local.engine.errors import EngineError
from deploy.local.engine.statements import Kind

TEXT_MAX_CHARS = 10_000
"""What KILL QUERY can see of a query's text."""


@dataclass(eq=False)
class Running:
    """One query from its request's head to its answer.

    The engine gives each query an id of its own, so the client's is carried by the setting `log_comment`, which is
    visible in `system.processes`; `mark` is that setting's value.
    """

    query_id: str
    user: str
    text: str = ""
    kind: Kind = Kind.OTHER
    started: float = field(default_factory=time.monotonic)
    tag: str = field(default_factory=lambda: uuid4().hex)
    killed: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)
    on_kill: Callable[[], object] = lambda: None

    @property
    def writes(self) -> bool:
        """Whether it may change something, as far as is known by now."""
        return self.kind is not Kind.READ

    @property
    def mark(self) -> str:
        """Value of `log_comment`; the view of running queries reads it."""
        return json.dumps({"query_id": self.query_id, "user": self.user, "tag": self.tag})

    def kill(self) -> None:
        """Ends it before the engine has seen it: it stops receiving or waiting at once, and will not start."""
        self.killed.set()
        self.on_kill()

    def when_killed(self, act: Callable[[], object]) -> None:
        """`act` is called on a kill, from any thread; at once when it was killed already. Replaces the one before."""
        self.on_kill = act
        if self.killed.is_set():
            act()

    def check_not_killed(self) -> None:
        """`EngineError` 394 when it was ended before the engine saw it."""
        if self.killed.is_set():
            raise EngineError(394, "QUERY_WAS_CANCELLED", "Query was cancelled.")


class RunningQueries:
    """All of them. Also those that still receive their body or wait for a session: KILL must reach them too."""

    def __init__(self) -> None:
        self._by_id: dict[str, Running] = {}
        self._lock = threading.Lock()

    def enter(self, query_id: str, user: str) -> Running:
        """Registers a query. `EngineError` 216 while another with the same id runs."""
        with self._lock:
            if query_id in self._by_id:
                text = f"Query with id = {query_id} is already running."
                raise EngineError(216, "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING", text)
            self._by_id[query_id] = running = Running(query_id, user)
            return running

    def leave(self, running: Running) -> None:
        """The query is gone from the engine and answered."""
        with self._lock:
            del self._by_id[running.query_id]
        running.done.set()

    def all(self) -> list[Running]:
        """Those of this moment."""
        with self._lock:
            return list(self._by_id.values())
