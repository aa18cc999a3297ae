"""A real Apache Kafka broker for the test run, on free ports and a folder of its own."""

import sys
from pathlib import Path

from deploy.local.kafka import probe
from tests.support.processes import REPO, ChildProcess, free_ports


class LocalKafka:
    """Start, stop, kill and restart on the same ports and data; `bootstrap` for clients."""

    def __init__(self, folder: Path) -> None:
        self.port, controller_port = free_ports(2)
        self.bootstrap = f"127.0.0.1:{self.port}"
        folder.mkdir(parents=True, exist_ok=True)
        env = {
            "CHITIEU_KAFKA_PORT": str(self.port),
            "CHITIEU_KAFKA_CONTROLLER_PORT": str(controller_port),
            "CHITIEU_KAFKA_DATA": str(folder / "data"),
            "CHITIEU_KAFKA_JARS": str(REPO / ".data" / "tools" / "kafka"),
        }
        self.process = ChildProcess([sys.executable, "-m", "deploy.local.kafka"], env, folder / "kafka.log")

    def start(self) -> None:
        """Returns when the broker answers. Blocks: `await asyncio.to_thread(broker.start)` in an async test."""
        self.process.start().wait_ready(lambda: probe.answers(self.port))

    def stop(self) -> None:
        """Ends it in an orderly way; the data stay for the next start."""
        self.process.stop()

    def kill(self) -> None:
        """kill -9; `start` brings it back on the same data."""
        self.process.kill()
