"""The typed environment that every service shares; each service adds its own in its `settings.py`."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Port = Annotated[int, Field(ge=1, le=65535)]


class SharedSettings(BaseSettings):
    """Environment variables `CHITIEU_<FIELD>`; secrets are read from files, never from arguments."""

    model_config = SettingsConfigDict(env_prefix="CHITIEU_", frozen=True, extra="ignore")

    listen_host: str = Field("127.0.0.1", description="Address that servers bind; a container sets 0.0.0.0.")
    kafka_bootstrap: str = Field("127.0.0.1:9092", description="Bootstrap address of the broker, host:port.")
    kafka_replicas: int = Field(1, ge=1, le=7, description="Copies of each topic: 1 on one broker, 3 on a cluster.")
    topic_prefix: str = Field("", pattern=r"^[a-z0-9.-]{0,40}$", description="Prefix of topics and groups (tests).")
    partitions: int = Field(4, ge=1, le=64, description="Partitions of `events`; fixed for the life of the log.")
    clickhouse_host: str = "127.0.0.1"
    clickhouse_port: Port = 8123
    clickhouse_database: str = Field("chitieu", pattern=r"^[a-z][a-z0-9_]{0,39}$")
    clickhouse_user: str = "writer"
    clickhouse_password_file: Path | None = Field(None, description="File that holds the writer's password.")
    clickhouse_reader_user: str = "reader"
    clickhouse_reader_password_file: Path | None = Field(None, description="File that holds the reader's password.")
    clickhouse_replicated: bool = Field(
        False,
        description="True on a cluster: tables are made as Replicated ones; needs Keeper, macros shard and replica.",
    )
    data: Path = Field(Path(".data"), description="Folder for local stores.")
    log_level: str = "info"

    def writer_password(self) -> SecretStr:
        """Password of the ClickHouse user that may write; empty when no file is set."""
        return _secret(self.clickhouse_password_file)

    def reader_password(self) -> SecretStr:
        """Password of the read-only ClickHouse user; empty when no file is set."""
        return _secret(self.clickhouse_reader_password_file)


def _secret(file: Path | None) -> SecretStr:
    return SecretStr(file.read_text().strip() if file else "")
