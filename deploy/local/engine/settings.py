"""Environment of the embedded engine: `CHITIEU_ENGINE_<FIELD>`."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.local.engine.accounts import Account, Limits, password_hash

Port = Annotated[int, Field(ge=1, le=65535)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,127}"
_COLUMN = "[a-z_][a-z0-9_]*"
GrantTarget = Annotated[
    str, Field(pattern=rf"^(\*|{_NAME})\.(\*|{_NAME}\*?|{_NAME}\({_COLUMN}(, {_COLUMN})*\))$", max_length=1024)
]

MIB = 1024 * 1024
GIB = 1024 * MIB


class ExtraReader(BaseModel):
    """One more read-only account, for example Grafana's, which sees only the views it is granted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    password_file: Path
    select: tuple[GrantTarget, ...] = Field(
        min_length=1, description="What it may read: `database.view`, `database.*`, `database.table(column, …)`."
    )
    max_memory_bytes: int = Field(512 * MIB, ge=16 * MIB)
    max_seconds: int = Field(15, ge=1)
    max_result_rows: int = Field(100_000, ge=1)
    max_result_bytes: int = Field(64 * MIB, ge=1024)


class EngineSettings(BaseSettings):
    """Where the engine listens and keeps its data, who may use it and how much."""

    model_config = SettingsConfigDict(env_prefix="CHITIEU_ENGINE_", frozen=True, extra="ignore")

    host: str = Field("127.0.0.1", description="Address to bind; the local stack never leaves the machine.")
    port: Port = Field(8123, description="Port of ClickHouse's HTTP protocol.")
    data: Path = Field(Path(".data/engine"), description="Folder of the tables; one process at a time.")
    backups: Path | None = Field(None, description="Folder of the disk `backups`; without it no BACKUP.")
    display_name: str = Field("chitieu-embedded", pattern=r"^[A-Za-z0-9._-]{1,64}$")

    writer_user: Identifier = "writer"
    writer_password: SecretStr | None = None
    writer_password_file: Path | None = None
    reader_user: Identifier = "reader"
    reader_password: SecretStr | None = None
    reader_password_file: Path | None = None
    extra_readers: dict[Identifier, ExtraReader] = Field({}, description="JSON: name to ExtraReader.")

    sessions: int = Field(4, ge=2, le=32, description="Queries that run at once, for readers and for the writer each.")
    control_sessions: int = Field(4, ge=2, le=16, description="Kept free for KILL QUERY and system.processes.")
    max_waiting: int = Field(256, ge=1, description="Queries waiting for a session before code 202 is answered.")
    max_body_bytes: int = Field(256 * MIB, ge=1024, description="Request body as sent.")
    max_inflated_bytes: int = Field(GIB, ge=1024, description="Request body after decompression.")

    max_memory_bytes: int = Field(4 * GIB, ge=256 * MIB, description="All queries together; then code 241.")
    writer_max_memory_bytes: int = Field(3 * GIB, ge=64 * MIB, description="One query; chDB itself has no limit.")
    writer_max_seconds: int = Field(600, ge=1)
    writer_max_result_bytes: int = Field(GIB, ge=1024, description="A result is built in memory before it is sent.")
    reader_max_memory_bytes: int = Field(GIB, ge=16 * MIB)
    reader_max_seconds: int = Field(30, ge=1)
    reader_max_result_rows: int = Field(1_000_000, ge=1)
    reader_max_result_bytes: int = Field(256 * MIB, ge=1024)
    shutdown_seconds: int = Field(10, ge=1, description="How long running queries may go on after SIGTERM.")

    @model_validator(mode="after")
    def _has_passwords(self) -> "EngineSettings":
        for user in ("writer", "reader"):
            if not getattr(self, f"{user}_password") and not getattr(self, f"{user}_password_file"):
                name = user.upper()
                raise ValueError(f"set CHITIEU_ENGINE_{name}_PASSWORD_FILE or CHITIEU_ENGINE_{name}_PASSWORD")
        names = [self.writer_user, self.reader_user, *self.extra_readers]
        if len(set(names)) < len(names):
            raise ValueError(f"account names must differ: {', '.join(names)}")
        return self

    def accounts(self) -> tuple[Account, ...]:
        """Everybody who may log in; reads the password files. `OSError`, `ValueError` (an empty password)."""
        writer = Limits(self.writer_max_memory_bytes, self.writer_max_seconds, 0, self.writer_max_result_bytes)
        reader = Limits(
            self.reader_max_memory_bytes,
            self.reader_max_seconds,
            self.reader_max_result_rows,
            self.reader_max_result_bytes,
        )
        return (
            Account(self.writer_user, _hash(self.writer_password, self.writer_password_file), writer, writes=True),
            Account(self.reader_user, _hash(self.reader_password, self.reader_password_file), reader),
            *(_extra(name, one) for name, one in self.extra_readers.items()),
        )


def _extra(name: str, one: ExtraReader) -> Account:
    limits = Limits(one.max_memory_bytes, one.max_seconds, one.max_result_rows, one.max_result_bytes)
    return Account(name, _hash(None, one.password_file), limits, select=one.select)


def _hash(password: SecretStr | None, file: Path | None) -> bytes:
    text = password.get_secret_value() if password else file.read_text().strip() if file else ""
    if not text:
        raise ValueError(f"empty password in {file}" if file else "empty password")
    return password_hash(text)
