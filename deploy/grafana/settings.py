"""Environment of the tool: `CHITIEU_GRAFANA_<FIELD>`."""

from pathlib import Path
from typing import Self

from pydantic import Field, HttpUrl, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.grafana.files import PUBLIC_URL


class GrafanaSettings(BaseSettings):
    """Which Grafana, who we are there, and what its data sources connect to, as seen from Grafana."""

    model_config = SettingsConfigDict(env_prefix="CHITIEU_GRAFANA_", frozen=True, extra="ignore")

    url: HttpUrl = Field(HttpUrl("http://localhost:3000"), description="Root of the existing Grafana.")
    token_file: Path | None = Field(None, description="File with a service account's token.")
    user: str = Field("", description="Instead of a token, for a Grafana that is just installed: its admin.")
    password_file: Path | None = None
    ca_file: Path | None = Field(None, description="Authority of Grafana's certificate, PEM; else the system's.")
    namespace: str = Field("default", pattern=r"^[a-z0-9-]{1,63}$", description="`default`, or `org-<number>`.")
    public_url: HttpUrl = Field(HttpUrl(PUBLIC_URL), description="The api as the viewers' browsers reach it.")

    clickhouse_host: str = "clickhouse"
    clickhouse_port: int = Field(8123, ge=1, le=65535)
    clickhouse_secure: bool = False
    clickhouse_database: str = "chitieu"
    clickhouse_user: str = "grafana"
    clickhouse_password_file: Path | None = Field(None, description="Password of Grafana's own ClickHouse account.")
    prometheus_url: HttpUrl = HttpUrl("http://prometheus:9090")
    alerts_token_file: Path | None = Field(
        None, description="Where the token goes that the alerts service writes annotations with; made once."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if bool(self.user) != bool(self.password_file):
            raise ValueError("user and password_file belong together")
        if self.user and self.token_file:
            raise ValueError("either token_file or user; not both")
        return self
