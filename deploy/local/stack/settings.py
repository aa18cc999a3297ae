"""Environment of the local stack: where its data are, which ports it takes, what its processes are told."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.clickhouse.accounts import grafana_on_the_engine

REPO = Path(__file__).resolve().parents[3]
PORT_OFFSETS = {
    "api": 80,
    "ingest": 81,
    "scoring": 82,
    "alerts": 83,
    "deadman": 84,
    "engine": 123,
    "kafka": 1092,
    "kafka_controller": 1093,
}
"""Distance of each port from CHITIEU_PORT_BASE; with 8000 these are 8080 … 8123, 9092 and 9093."""
HIGHEST_PORT_BASE = 65_535 - max(PORT_OFFSETS.values())

Port = Annotated[int, Field(ge=1, le=65_535)]


class StackSettings(BaseSettings):
    """`CHITIEU_<FIELD>`. Two stacks run side by side when folder and port base differ."""

    model_config = SettingsConfigDict(env_prefix="CHITIEU_", frozen=True, extra="ignore")

    data: Path = Field(REPO / ".data", description="The one folder of all that the stack keeps.")
    backups: Path = Field(REPO / ".backups", description="Copies of log and tables; `clean` leaves it.")
    port_base: int = Field(8000, ge=1024, le=HIGHEST_PORT_BASE, description="Moves all ports together.")
    api_port: Port | None = None
    ingest_port: Port | None = None
    scoring_port: Port | None = Field(None, description="Metrics and health of the scoring worker.")
    alerts_port: Port | None = None
    deadman_port: Port | None = Field(None, description="Health of the watch over the evaluator.")
    engine_port: Port | None = None
    kafka_port: Port | None = None
    kafka_controller_port: Port | None = None
    api_open_board: bool = Field(False, description="True: pages without filings need no key.")
    kafka_jars: Path = Field(REPO / ".data" / "tools" / "kafka", description="Jars brought by setup.")

    def port(self, name: str) -> int:
        """The port of one of `PORT_OFFSETS`: its own variable, or the base plus its distance."""
        own: int | None = getattr(self, f"{name}_port")
        return self.port_base + PORT_OFFSETS[name] if own is None else own

    @property
    def folder(self) -> Path:
        """The data folder, absolute: processes run in another working directory."""
        return self.data.expanduser().resolve()

    @property
    def backup_folder(self) -> Path:
        """Absolute, for the same reason."""
        return self.backups.expanduser().resolve()

    @property
    def logs(self) -> Path:
        """One log file per process."""
        return self.folder / "logs"

    @property
    def run(self) -> Path:
        """The supervisor's socket, configuration and process id."""
        return self.folder / "run"

    @property
    def secrets(self) -> Path:
        """Generated at the first start; each file 0600."""
        return self.folder / "secrets"


def process_environment(settings: StackSettings) -> dict[str, str]:
    """What every process of the stack is told, on top of the environment it is started from."""
    secrets, folder = settings.secrets, settings.folder
    ports = {f"CHITIEU_{name.upper()}_PORT": str(settings.port(name)) for name in PORT_OFFSETS}
    return {
        **ports,
        "CHITIEU_DATA": str(folder),
        "CHITIEU_BACKUPS": str(settings.backup_folder),
        "CHITIEU_ENGINE_BACKUPS": str(settings.backup_folder / "tables"),
        "CHITIEU_PROVINCE_SECRET_FILE": str(secrets / "province"),
        "CHITIEU_API_OPEN_BOARD": str(settings.api_open_board).lower(),
        "CHITIEU_WEBHOOK_SECRET_FILE": str(secrets / "webhook"),
        "CHITIEU_DEADMAN_SECRET_FILE": str(secrets / "webhook"),
        "CHITIEU_KAFKA_BOOTSTRAP": f"127.0.0.1:{settings.port('kafka')}",
        "CHITIEU_KAFKA_DATA": str(folder / "kafka"),
        "CHITIEU_KAFKA_JARS": str(settings.kafka_jars.resolve()),
        "CHITIEU_CLICKHOUSE_HOST": "127.0.0.1",
        "CHITIEU_CLICKHOUSE_PORT": str(settings.port("engine")),
        "CHITIEU_CLICKHOUSE_PASSWORD_FILE": str(secrets / "engine-writer"),
        "CHITIEU_CLICKHOUSE_READER_PASSWORD_FILE": str(secrets / "engine-reader"),
        "CHITIEU_ENGINE_DATA": str(folder / "engine"),
        "CHITIEU_ENGINE_WRITER_PASSWORD_FILE": str(secrets / "engine-writer"),
        "CHITIEU_ENGINE_READER_PASSWORD_FILE": str(secrets / "engine-reader"),
        "CHITIEU_ENGINE_EXTRA_READERS": json.dumps(grafana_on_the_engine(secrets / "engine-grafana")),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        # A log line must be in its file before the process can be killed.
        "PYTHONUNBUFFERED": "1",
    }


def full_environment(settings: StackSettings) -> dict[str, str]:
    """The environment of a child: this process's own, with the stack's on top."""
    return {**os.environ, **process_environment(settings)}
