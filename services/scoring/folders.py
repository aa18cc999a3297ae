"""Which folder holds a partition's store: the first that no other live process has locked."""

import fcntl
import os
from pathlib import Path

LOCK_NAME = "owner.lock"
OPENS_NAME = "opens"

MAX_OPENS_WITHOUT_COMMIT = 3
"""A store that ended the process this often before its first commit is taken as damaged: no endless restarts."""


class StoreFolder:
    """A locked folder. Another worker of this machine, even a frozen one, can never have the same store open."""

    def __init__(self, parent: Path, partition: int) -> None:
        """Takes `<parent>/<partition>`, else `-1`, `-2` … after it; the lock ends with the process."""
        number = 0
        while True:
            self.path = parent / (f"{partition}-{number}" if number else str(partition))
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = _lock(self.path / LOCK_NAME)
            if lock is not None:
                self._lock = lock
                return
            number += 1

    def opened(self) -> bool:
        """Counts an opening; False when the openings before it never came to a commit."""
        file = self.path / OPENS_NAME
        text = file.read_text() if file.exists() else ""
        opens = int(text) if text.isdigit() else 0
        file.write_text(str(opens + 1))
        return opens < MAX_OPENS_WITHOUT_COMMIT

    def committed(self) -> None:
        """A commit came through: the openings count from zero again."""
        (self.path / OPENS_NAME).write_text("0")

    def release(self) -> None:
        """Gives the folder back; the store must be closed."""
        os.close(self._lock)


def _lock(file: Path) -> int | None:
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle
