"""The embedded ClickHouse engine for the test run, on a free port and a folder of its own."""

import http.client
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from pydantic_settings import BaseSettings, SettingsConfigDict

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

    def server(self) -> "Server":
        """The same as the contract sees it."""
        return Server(self.host, self.port, self.writer_password, self.reader_password)

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


def start_engine(folder: Path, port: int = 0, settings: Mapping[str, str] | None = None) -> EngineProcess:
    """Starts an engine and returns when it is ready; `settings` are CHITIEU_ENGINE_ variables without the prefix.

    Blocks: `await asyncio.to_thread(start_engine, folder)` in an async test.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_ports(1)[0]
    writer, reader = token_urlsafe(24), token_urlsafe(24)
    env = {
        "CHITIEU_ENGINE_PORT": str(port),
        "CHITIEU_ENGINE_DATA": str(folder / "data"),
        "CHITIEU_ENGINE_BACKUPS": str(folder / "backups"),
        "CHITIEU_ENGINE_WRITER_PASSWORD": writer,
        "CHITIEU_ENGINE_READER_PASSWORD": reader,
        **{f"CHITIEU_ENGINE_{name.upper()}": value for name, value in (settings or {}).items()},
    }
    process = ChildProcess([sys.executable, "-m", "deploy.local.engine"], env, folder / "engine.log")
    engine = EngineProcess("127.0.0.1", port, writer, reader, folder, process)
    engine.restart()
    return engine


class ServerUnderTest(BaseSettings):
    """A real ClickHouse server to run the contract against: `CHITIEU_TEST_CLICKHOUSE_<FIELD>`; embedded if not set.

    Its users `writer` and `reader` need the rights that `deploy/local/engine/access.py` grants.
    """

    model_config = SettingsConfigDict(env_prefix="CHITIEU_TEST_CLICKHOUSE_", extra="ignore")

    host: str = ""
    port: int = 8123
    writer_password: str = ""
    reader_password: str = ""


@dataclass(frozen=True)
class Server:
    """Where the contract is tested, and clients for it."""

    host: str
    port: int
    writer_password: str
    reader_password: str

    def writer(self, **options: Any) -> Client:
        """A client that may write; `options` as of `clickhouse_connect.get_client`."""
        return self.client("writer", self.writer_password, **options)

    def reader(self, **options: Any) -> Client:
        """A client that may only read."""
        return self.client("reader", self.reader_password, **options)

    def client(self, user: str, password: str, **options: Any) -> Client:
        """A client without a session id, so that threads may share it."""
        options = {"autogenerate_session_id": False, "dedicated_pool": True, **options}
        return clickhouse_connect.get_client(
            host=self.host, port=self.port, username=user, password=password, **options
        )

    def request(self, target: str, body: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (lower case) and body of one plain request as the writer; GET without a body."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        login = {"X-ClickHouse-User": "writer", "X-ClickHouse-Key": self.writer_password}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request("GET" if body is None else "POST", target, body, {**login, **named})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()


def named_server() -> Server | None:
    """The server that the environment names for the contract."""
    named = ServerUnderTest()
    return Server(named.host, named.port, named.writer_password, named.reader_password) if named.host else None
