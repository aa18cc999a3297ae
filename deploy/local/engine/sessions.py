"""chDB sessions: one new session per query, so that nothing a query sets can reach the next one."""

import re
import shutil
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from deploy.local.engine.access import CONTROL_ROLE, SETUP_ROLE, config_xml, users_xml
from deploy.local.engine.accounts import Account
from deploy.local.engine.errors import EngineError, from_message
from deploy.local.engine.statements import RUNNING_QUERIES_VIEW

_VIEW = """
CREATE VIEW IF NOT EXISTS system.{name} AS
SELECT * REPLACE (
    JSONExtractString(Settings['log_comment'], 'query_id') AS query_id,
    JSONExtractString(Settings['log_comment'], 'query_id') AS initial_query_id,
    JSONExtractString(Settings['log_comment'], 'user') AS user,
    JSONExtractString(Settings['log_comment'], 'user') AS initial_user)
FROM system.processes
WHERE JSONHas(Settings['log_comment'], 'tag')
"""
_SET_UP = (
    _VIEW.replace("{name}", RUNNING_QUERIES_VIEW),
    "DROP DATABASE default",
    "CREATE DATABASE default ENGINE = Memory",
)
"""chDB's own `default` takes an unknown table's name for a file's; this one is empty, and nobody may fill it."""
_WARM_UP = (
    "CREATE DATABASE IF NOT EXISTS engine_warm_up ENGINE = Atomic",
    "CREATE OR REPLACE TABLE engine_warm_up.t (a UInt64, b String) ENGINE = MergeTree ORDER BY a",
    "INSERT INTO engine_warm_up.t FROM INFILE {file} COMPRESSION 'none' FORMAT Native",
    "SELECT count() FROM engine_warm_up.t WHERE b = '1' GROUP BY a",
    "DROP DATABASE engine_warm_up SYNC",
)
"""The first insert of a process takes about a second; it is spent before the engine says it is ready."""


@dataclass(frozen=True)
class Result:
    """What the engine answered."""

    data: bytes
    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    seconds: float = 0.0


class Session:
    """One chDB session; not for two threads at once."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def query(self, text: str, output: str = "Null", parameters: Mapping[str, str] | None = None) -> Result:
        """Runs one query. `EngineError` with ClickHouse's code."""
        try:
            got = self._connection.query(text, output, params=dict(parameters or {}))
        except (RuntimeError, ValueError) as error:
            raise from_message(str(error)) from error
        if got.has_error():
            raise from_message(got.error_message())
        return Result(
            got.bytes(), got.rows_read(), got.bytes_read(), got.rows_written(), got.bytes_written(), got.elapsed()
        )

    def classify(self, text: str) -> tuple[str, int]:
        """What the engine's parser says of a text: class (`READ_ONLY`, `MUTATING`, …) and number of statements."""
        found = self._connection.classify_query(text)
        return found["query_class"].name, int(found["statement_count"])

    def close(self) -> None:
        """Ends the session."""
        self._connection.close()


class Engine:
    """The one chDB engine of this process, opened on one folder."""

    def __init__(
        self, folder: Path, accounts: Iterable[Account], max_memory_bytes: int, backups: Path | None = None
    ) -> None:
        self._max_memory_bytes = max_memory_bytes
        self._backups = backups
        self._folder = folder.resolve()
        self._path = str(self._folder / "store")
        self._incoming = self._folder / "incoming"
        self._accounts = tuple(accounts)
        self._number = 0
        self._lock = threading.Lock()
        self._base: Session | None = None
        self._connect: Any = None
        self.version = ""
        self.timezone = ""

    def open(self) -> None:
        """Loads chDB and the tables, and warms up. `EngineError` when the folder cannot be opened."""
        # Imported here because loading chDB starts an engine in the process.
        self._connect = import_module("chdb._chdb").connect
        shutil.rmtree(self._incoming, ignore_errors=True)
        self._incoming.mkdir(parents=True, mode=0o700)
        users, config = self._folder / "users.xml", self._folder / "config.xml"
        users.write_text(users_xml(self._accounts))
        config.write_text(config_xml(str(users), self._max_memory_bytes, self._backups_path()))
        self._base = self._open(f"{self._path}?config-file={config}")
        self.version = self._base.query("SELECT version()", "TSVRaw").data.decode().strip()
        self.timezone = self._base.query("SELECT timezone()", "TSVRaw").data.decode().strip()
        self._base.query(f"SET ROLE {SETUP_ROLE}")
        for text in _SET_UP:
            self._base.query(text)
        self._warm_up(self._base)

    def close(self) -> None:
        """Closes the engine; no session may be in use."""
        if self._base is not None:
            self._base.close()
            self._base = None

    def session(self, role: str, settings: Mapping[str, str] | None = None, profile: str = "") -> Session:
        """A new session that has only this role. `settings` come first, then the profile's constraints hold."""
        session = self._open(self._path)
        first = {**(settings or {}), **({"profile": profile} if profile else {})}
        session.query(f"SET ROLE {role}" + (f"; {set_statement(first)}" if first else ""))
        return session

    def control(self) -> Session:
        """A session that may see and end queries."""
        return self.session(CONTROL_ROLE)

    def incoming_file(self) -> Path:
        """A new name for the rows of one insert; the caller deletes the file."""
        with self._lock:
            self._number += 1
            return self._incoming / f"{self._number}.rows"

    def _backups_path(self) -> str:
        """Absolute and ended by a slash, as ClickHouse wants a disk's path."""
        if self._backups is None:
            return ""
        self._backups.mkdir(parents=True, exist_ok=True, mode=0o700)
        return f"{self._backups.resolve()}/"

    def _open(self, path: str) -> Session:
        try:
            return Session(self._connect(path))
        except RuntimeError as error:
            raise from_message(str(error)) from error

    def _warm_up(self, session: Session) -> None:
        file = self.incoming_file()
        try:
            file.write_bytes(session.query("SELECT number AS a, toString(a) AS b FROM numbers(2)", "Native").data)
            for text in _WARM_UP:
                session.query(text.replace("{file}", literal(str(file))))
        finally:
            file.unlink(missing_ok=True)


def set_statement(settings: Mapping[str, str]) -> str:
    """`SET` of these settings; names were checked before, values become string literals."""
    return "SET " + ", ".join(f"{name} = {literal(value)}" for name, value in settings.items())


def literal(text: str) -> str:
    """A ClickHouse string literal."""
    escaped = re.sub(r"[\\']", lambda match: "\\" + match[0], text).replace("\0", "\\0")
    return f"'{escaped}'"


def identifier(name: str) -> str:
    """A quoted ClickHouse identifier. `EngineError` 62 for one with a null character."""
    if "\0" in name or not name:
        raise EngineError(62, "SYNTAX_ERROR", "Syntax error: not an identifier")
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"
