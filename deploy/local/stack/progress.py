"""One line of progress for each step: what is being done, then how it ended and how long it took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """Numbers the steps of one command."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._step = 0

    @contextmanager
    def step(self, label: str, done: str = "xong") -> Iterator[None]:
        """Prints `[2/9] label … done (1,3 s)`; when the body raises, `lỗi` in place of `done`."""
        self._step += 1
        sys.stdout.write(f"[{self._step}/{self._total}] {label} … ")
        sys.stdout.flush()
        started = time.monotonic()
        outcome = "LỖI"
        try:
            yield
            outcome = done
        finally:
            print(f"{outcome} ({seconds_text(time.monotonic() - started)})", flush=True)


def seconds_text(seconds: float) -> str:
    """A duration as it is written in Vietnamese: `1,3 s`."""
    return f"{seconds:.1f} s".replace(".", ",")
