"""Lanes of worker threads, apart for reads, writes and control, so that slow reads never hold up inserts or KILL."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from deploy.local.engine.errors import EngineError
from deploy.local.engine.tokens import tokens

_PEEK_BYTES = 4096
"""Statements of control are short; what comes later in a long text does not move it to another lane."""

Answer = TypeVar("Answer")


class Lane:
    """Threads that run one query each, and a bounded number of queries that wait for them."""

    def __init__(self, name: str, threads: int, max_waiting: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"engine-{name}")
        self._places = threading.BoundedSemaphore(threads + max_waiting)

    def submit(self, work: Callable[[], Answer], ended: Callable[[], None]) -> Future[Answer]:
        """Runs `work` in a thread; `ended` is called once, also when it fails or is cancelled while it waits.

        `EngineError` 202 when too many wait already; `ended` is then not called.
        """
        if not self._places.acquire(blocking=False):
            raise EngineError(202, "TOO_MANY_SIMULTANEOUS_QUERIES", "Too many simultaneous queries. Try again later")
        future = self._threads.submit(work)

        def end(_: Future[Answer]) -> None:
            self._places.release()
            ended()

        future.add_done_callback(end)
        return future

    def close(self) -> None:
        """Waits for the work that has begun; what still waits is cancelled."""
        self._threads.shutdown(cancel_futures=True)


def is_control(text: bytes) -> bool:
    """Whether a statement ends queries or looks at those that run."""
    head = text[:_PEEK_BYTES]
    first = next(tokens(head), None)
    return (first is not None and first.keyword == "KILL") or b"processes" in head
