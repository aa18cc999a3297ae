"""The embedded ClickHouse engine for the test run, on a free port and a folder of its own."""

import http.client
import sys
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

from tests.support.processes import ChildProcess, free_ports


@dataclass
class EngineProcess:
    """A running engine: `host`, `port`, the two passwords; `stop`, `kill`, and `restart` on the same data."""

    host: str
    port: int
    writer_password: str
    reader_password: str
    folder: Path
    process: ChildProcess

    def stop(self) -> int:
        """SIGTERM; returns the exit status. The data stay."""
        return self.process.stop()

    def kill(self) -> None:
        """kill -9; the data stay."""
        self.process.kill()

    def restart(self) -> None:
        """Starts it again on the same port and data; returns when it answers."""
        self.process.start().wait_ready(self.answers)

    def answers(self) -> bool:
        """Whether it says that it is ready."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=2)
        try:
            connection.request("GET", "/-/ready")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


def start_engine(folder: Path, port: int = 0, **settings: str) -> EngineProcess:
    """Starts an engine and returns when it is ready; `settings` are CHITIEU_ENGINE_ variables without the prefix.

    Blocks: `await asyncio.to_thread(start_engine, folder)` in an async test.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_ports(1)[0]
    writer, reader = token_urlsafe(24), token_urlsafe(24)
    env = {
        "CHITIEU_ENGINE_PORT": str(port),
        "CHITIEU_ENGINE_DATA": str(folder / "data"),
        "CHITIEU_ENGINE_WRITER_PASSWORD": writer,
        "CHITIEU_ENGINE_READER_PASSWORD": reader,
        **{f"CHITIEU_ENGINE_{name.upper()}": value for name, value in settings.items()},
    }
    process = ChildProcess([sys.executable, "-m", "deploy.local.engine"], env, folder / "engine.log")
    engine = EngineProcess("127.0.0.1", port, writer, reader, folder, process)
    engine.restart()
    return engine
