"""Environment of the alerts service and of the watch over it."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field

from shared.settings import Port, SharedSettings


class AlertsSettings(SharedSettings):
    """Environment variables `CHITIEU_<FIELD>`."""

    alerts_port: Port = Field(8083, description="Port of /metrics and the health pages.")
    webhook_url: str | None = Field(None, description="A receiver named `webhook` that gets every alert.")
    webhook_secret_file: Path | None = Field(None, description="File with the Standard Webhooks secret (whsec_…).")
    receivers: Path | None = Field(
        None, description="Receivers file: who is told of alerts and how; none when not set."
    )
    policies: Path | None = Field(None, description="Policy file; the shipped defaults when not set.")
    evaluate_every: timedelta = Field(
        timedelta(seconds=30), description="Everything is looked at this often even when nothing moved."
    )
    coalesce: timedelta = Field(
        timedelta(milliseconds=250),
        description="Hints that arrive this close together cause one look at the board (0.2 s CPU).",
    )
    clock_offset: timedelta = Field(timedelta(0), description="Added to the clock: a demonstration or a test of 2027.")
    alerts_heartbeat_url: str | None = Field(
        None, description="A dead man's switch that is POSTed to while evaluations succeed; it may hold a secret."
    )
    alerts_heartbeat_every: timedelta = Field(timedelta(seconds=60), description="At most so often.")


class DeadManSettings(SharedSettings):
    """Environment variables `CHITIEU_<FIELD>` of `python -m services.alerts deadman`; its options outrank them."""

    alerts_port: Port = Field(8083, description="The alerts service of this machine, watched when none is named.")
    deadman_port: Port | None = Field(None, description="Port of /metrics and the health pages; none when not set.")
    deadman_url: str | None = Field(None, description="Who is told by a signed webhook; when not set, the log alone.")
    deadman_secret_file: Path | None = Field(None, description="File with its Standard Webhooks secret (whsec_…).")
    deadman_after: timedelta = Field(timedelta(minutes=3), description="Without an evaluation for so long it tells.")
    deadman_every: timedelta = Field(timedelta(seconds=15), description="How often it looks.")
    deadman_watch: str = Field("", description="Addresses of the replicas' metrics, separated by blanks.")

    @property
    def watched(self) -> list[str]:
        """Where it looks."""
        return self.deadman_watch.split() or [f"http://127.0.0.1:{self.alerts_port}/metrics"]
