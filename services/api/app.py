"""Composition root: keys and reader → gate → routes → headers; one live feed, one log of commands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from clickhouse_connect.driver.client import Client
from fastapi import FastAPI

from services.api import problems
from services.api.access import Gate
from services.api.boards import Boards
from services.api.clock import Clock, system_clock
from services.api.command_log import CommandLog
from services.api.database import ClickHouseReader
from services.api.guard import Guard
from services.api.metrics import ApiMetrics
from services.api.routes import (
    alert_commands,
    alerts,
    board,
    catalogue,
    cells,
    dead_letters,
    pages,
    receipts,
    session,
    stream,
)
from services.api.sessions import LoginLimit, Sessions, session_secret
from services.api.settings import ApiSettings
from services.api.stream import LiveFeed
from shared.clickhouse import reader
from shared.errors import RetryableError, StartError
from shared.health import health_routes
from shared.keystore import ClickHouseKeyStore, KeyRing

ROUTERS = (board, cells, alert_commands, alerts, catalogue, receipts, dead_letters, stream, session, pages)


def create_app(settings: ApiSettings, clock: Clock | None = None) -> FastAPI:
    """The api as an ASGI app. Blocking: connects at once. Raises `StartError` when the tables do not answer."""
    client = connect(settings)
    clock = clock or system_clock(settings.clock_offset, settings.now)
    metrics, database = ApiMetrics(), ClickHouseReader(client)
    keys = KeyRing(ClickHouseKeyStore(client))
    sessions = Sessions(session_secret(settings.data / "api" / "session.secret"), settings.api_session)
    commands = CommandLog(settings)
    feed = LiveFeed(database, clock, metrics, settings.api_stream_clients)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await keys.start()
        yield
        await feed.close()
        await commands.close()
        await keys.stop()
        await asyncio.to_thread(client.close)

    app = FastAPI(
        title="Chỉ tiêu", version="1", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url="/v1/openapi.json"
    )
    app.state.settings = settings
    app.state.reader, app.state.boards, app.state.clock, app.state.feed = database, Boards(database), clock, feed
    app.state.commands = commands
    app.state.gate = Gate(keys, sessions, LoginLimit(), clock, settings.api_open_board)
    for routes in ROUTERS:
        app.include_router(routes.router)
    app.mount("/static", pages.static_files())
    app.router.routes.extend(health_routes({"clickhouse": database.check}, metrics.registry))
    problems.install(app)
    app.add_middleware(
        Guard,
        metrics=metrics,
        frame_ancestors=settings.api_frame_ancestors,
        max_requests=settings.api_requests,
    )
    return app


def connect(settings: ApiSettings) -> Client:
    """The read-only client, proved to see the tables. Raises `StartError` with the one line to read."""
    try:
        client = reader(settings)
        client.query("SELECT count() FROM catalogue_figures")
        ClickHouseKeyStore(client).load()
    except RetryableError as error:
        raise StartError(f"{error}; start the engine first") from error
    except Exception as error:
        raise StartError(f"tables are missing ({type(error).__name__}); run python -m shared.schema apply") from error
    return client
