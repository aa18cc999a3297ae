"""Composition root of ingest: keys and topics are proved, then requests flow through one endpoint into the log."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.routing import Route

from services.ingest.intake import Intake
from services.ingest.listening import BACKLOG, KEEP_ALIVE_SECONDS, MAX_CONNECTIONS, listeners
from services.ingest.metrics import IngestMetrics
from services.ingest.parting import Parting
from services.ingest.publisher import KafkaPublisher, Publisher
from services.ingest.rejections import RejectionWriter
from services.ingest.routes import EventsEndpoint, list_schemas, one_schema
from services.ingest.scopes import Scopes
from services.ingest.settings import IngestSettings
from shared.catalogue import Catalogue, load_catalogue
from shared.clickhouse import reader, writer
from shared.errors import RetryableError, StartError
from shared.health import health_routes
from shared.keystore import ClickHouseKeyStore, KeyRing
from shared.logs import configure_logs, get_logger

MAX_KEY_AGE_SECONDS = 30.0
"""Older keys still work, because ClickHouse being away must not stop events; the process is then not ready."""

log = get_logger(__name__)


def build_app(
    settings: IngestSettings,
    keys: KeyRing,
    publisher: Publisher,
    catalogue: Catalogue,
    metrics: IngestMetrics,
    rejections: RejectionWriter | None = None,
) -> Starlette:
    """The HTTP application over parts that are already started."""
    intake = Intake(settings)
    metrics.in_flight_bytes.set_function(lambda: intake.held_bytes)
    metrics.in_flight_requests.set_function(lambda: intake.requests)
    metrics.oldest_seconds.set_function(lambda: intake.oldest_seconds)
    if rejections is not None:
        metrics.notes_waiting.set_function(lambda: rejections.waiting)
    metrics.key_age_seconds.set_function(lambda: keys.age_seconds)
    parting = Parting(settings.max_body_bytes)
    endpoint = EventsEndpoint(settings, keys, Scopes(catalogue), intake, publisher, metrics, parting, rejections)

    async def keys_ready() -> str:
        return "" if keys.age_seconds < MAX_KEY_AGE_SECONDS else "keys cannot be refreshed"

    return Starlette(
        routes=[
            Route("/v1/events", endpoint, methods=["POST"]),
            Route("/v1/schemas", list_schemas),
            Route("/v1/schemas/{type}", one_schema),
            *health_routes({"kafka": publisher.ready, "keys": keys_ready}, metrics.registry),
        ]
    )


@asynccontextmanager
async def parts(settings: IngestSettings, metrics: IngestMetrics) -> AsyncIterator[tuple[KeyRing, KafkaPublisher]]:
    """The key ring and the publisher, proved and started. Raises `StartError` with one line."""
    publisher = KafkaPublisher(settings, settings.ack_deadline_seconds, metrics.ack_seconds.observe)
    try:
        keys = KeyRing(ClickHouseKeyStore(await asyncio.to_thread(reader, settings)))
        await keys.start()
    except RetryableError as error:
        raise StartError(str(error)) from error
    try:
        await publisher.start()
        yield keys, publisher
    finally:
        await publisher.stop()
        await keys.stop()


async def _serve(settings: IngestSettings) -> None:
    metrics, catalogue = IngestMetrics(), load_catalogue()
    async with parts(settings, metrics) as (keys, publisher):
        rejections = RejectionWriter(lambda: writer(settings), metrics.notes_dropped.inc)
        rejections.start()
        app = build_app(settings, keys, publisher, catalogue, metrics, rejections)
        config = uvicorn.Config(
            app,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            backlog=BACKLOG,
            limit_concurrency=MAX_CONNECTIONS,
            access_log=False,
            log_config=None,
            lifespan="off",
        )
        # What lives as long as the process is looked at no more by the collector: a tenth of the time per event.
        gc.freeze()
        sockets = listeners(settings.listen_host, settings.port)
        log.info("started", port=settings.port)
        await uvicorn.Server(config).serve(sockets)
        await asyncio.to_thread(rejections.stop)


def serve(settings: IngestSettings) -> None:
    """Runs until a signal ends it. Raises `StartError` when something it needs is missing."""
    configure_logs("ingest", settings.log_level)
    for number in (signal.SIGTERM, signal.SIGINT):
        # The server raises the signal again when it has stopped; by default that would end the process before the
        # producer has handed over what is under way.
        signal.signal(number, lambda *_: None)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings))
