"""/metrics and the health pages of the alerts service, and the proof that its tables are there."""

import asyncio
from collections.abc import Mapping
from threading import Thread

import uvicorn
from clickhouse_connect.driver.exceptions import ClickHouseError
from prometheus_client import REGISTRY
from starlette.applications import Starlette

from services.alerts.settings import AlertsSettings
from shared.clickhouse import reader
from shared.errors import RetryableError, StartError
from shared.health import Check, health_routes


def prove_engine(settings: AlertsSettings) -> None:
    """Raises StartError with one line when the tables are not there."""
    try:
        reader(settings).query("SELECT count() FROM alerts")
    except (ClickHouseError, RetryableError) as error:
        raise StartError(f"cannot read the alerts table: {str(error).splitlines()[0]}") from error


def health_server(settings: AlertsSettings) -> uvicorn.Server:
    """/metrics and the health pages; ready also while standing by."""

    async def engine() -> str:
        try:
            await asyncio.to_thread(prove_engine, settings)
        except StartError as error:
            return str(error)
        return ""

    return _server(settings.listen_host, settings.alerts_port, {"engine": engine})


def serve_beside(host: str, port: int, checks: Mapping[str, Check]) -> None:
    """The same pages for a command that is a loop: in a thread that ends with the process."""
    Thread(target=_server(host, port, checks).run, name="pages", daemon=True).start()


def _server(host: str, port: int, checks: Mapping[str, Check]) -> uvicorn.Server:
    app = Starlette(routes=health_routes(checks, REGISTRY))
    return uvicorn.Server(uvicorn.Config(app, host=host, port=port, access_log=False, log_config=None))
