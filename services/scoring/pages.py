"""Health and metrics pages of the worker, on the worker's own event loop."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.applications import Starlette
from typing_extensions import override

from services.scoring.metrics import REGISTRY
from services.scoring.settings import ScoringSettings
from services.scoring.worker import Worker
from shared.health import health_routes


class _Server(uvicorn.Server):
    """Leaves signals to the worker: first the running blocks end, then the pages."""

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serve_pages(settings: ScoringSettings, worker: Worker) -> AsyncIterator[None]:
    """/metrics, /-/healthy, and /-/ready: every assigned partition is taken over and restored."""

    async def partitions() -> str:
        waiting = sorted(partition for partition, lane in worker.lanes.items() if not lane.ready.is_set())
        return f"not ready: {waiting}" if waiting else ""

    pages = Starlette(routes=health_routes({"partitions": partitions}, REGISTRY))
    config = uvicorn.Config(
        pages,
        host=settings.listen_host,
        port=settings.scoring_port,
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        await serving
