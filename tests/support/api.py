"""The api as its own process on a schema of its own, with one key of each role."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import httpx

from shared.keys import KeyRecord, Role, new_key
from shared.keystore import ClickHouseKeyStore
from tests.support.processes import ChildProcess, free_ports
from tests.support.schema import Schema

TODAY = date(2026, 11, 23)
"""The local day on which the clock of these tests stands still."""
NOON = "2026-11-23T05:00:00Z"
EMITTER = "tthc"


@dataclass
class ApiProcess:
    """`get("/v1/board", role="view")`; `process.kill()` and `start()` on the same port."""

    url: str
    tokens: Mapping[str, str]
    records: Mapping[str, KeyRecord]
    schema: Schema
    process: ChildProcess

    def start(self) -> None:
        """Returns when it is ready. Blocks."""
        self.process.start().wait_ready(self.ready)

    def ready(self) -> bool:
        """Whether it says so."""
        try:
            return httpx.get(f"{self.url}/-/ready", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def get(self, path: str, role: str = "", headers: Mapping[str, str] | None = None) -> httpx.Response:
        """A GET, with the key of a role unless it is empty."""
        key = {"Authorization": f"Bearer {self.tokens[role]}"} if role else {}
        return httpx.get(f"{self.url}{path}", headers={**key, **(headers or {})}, timeout=30)


def start_api(schema: Schema, folder: Path, **settings: str) -> ApiProcess:
    """Starts an api; `settings` are CHITIEU_ variables without the prefix. The clock stands still at `NOON`."""
    folder.mkdir(parents=True, exist_ok=True)
    password, port = folder / "reader", free_ports(1)[0]
    password.touch(mode=0o600)
    password.write_text(schema.engine.reader_password)
    keys = {role.value: new_key(role, f"test {role}", system=_system(role), at=datetime.now(UTC)) for role in Role}
    writer = schema.writer()
    for key in keys.values():
        ClickHouseKeyStore(writer).put(key.record)
    writer.close()
    env = {
        "CHITIEU_CLICKHOUSE_PORT": str(schema.engine.port),
        "CHITIEU_CLICKHOUSE_DATABASE": schema.database,
        "CHITIEU_CLICKHOUSE_READER_PASSWORD_FILE": str(password),
        "CHITIEU_API_PORT": str(port),
        "CHITIEU_DATA": str(folder),
        "CHITIEU_NOW": NOON,
        **{f"CHITIEU_{name.upper()}": value for name, value in settings.items()},
    }
    process = ChildProcess([sys.executable, "-m", "services.api"], env, folder / f"api-{port}-{os.getpid()}.log")
    tokens = {name: key.token for name, key in keys.items()}
    records = {name: key.record for name, key in keys.items()}
    api = ApiProcess(f"http://127.0.0.1:{port}", tokens, records, schema, process)
    api.start()
    return api


def _system(role: Role) -> str:
    return EMITTER if role is Role.EMIT else ""
