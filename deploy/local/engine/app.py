"""ClickHouse's HTTP protocol over the embedded engine: the one place where everything is put together."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from deploy.local.engine.accounts import Account, authenticate
from deploy.local.engine.answers import Answers
from deploy.local.engine.bodies import Body, read_body
from deploy.local.engine.call import read_call, read_credentials, url_pairs
from deploy.local.engine.errors import EngineError
from deploy.local.engine.execution import Execution, Outcome, Request
from deploy.local.engine.killing import cancel
from deploy.local.engine.lanes import Lane, is_control
from deploy.local.engine.metrics import EngineMetrics
from deploy.local.engine.running import Running, RunningQueries
from deploy.local.engine.sessions import Engine
from deploy.local.engine.settings import EngineSettings

INTERNAL = EngineError(1001, "STD_EXCEPTION", "Internal error of the embedded engine's server")


def create_app(server: "QueryServer") -> Starlette:
    """The server's application; its engine is closed by the caller after the application has ended."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(server.close)

    return Starlette(
        lifespan=lifespan,
        routes=[
            Route("/", server.query, methods=["GET", "POST"]),
            Route("/ping", _ok, methods=["GET", "HEAD"]),
            Route("/replicas_status", _ok, methods=["GET", "HEAD"]),
            Route("/-/healthy", _ok),
            Route("/-/ready", server.ready),
            Route("/metrics", server.metrics),
        ],
    )


async def _ok(_: HttpRequest) -> Response:
    return Response(b"Ok.\n", media_type="text/plain")


class QueryServer:
    """Takes a query in, runs it in its lane, answers; and ends it when its client has gone."""

    def __init__(self, settings: EngineSettings, accounts: Sequence[Account], engine: Engine) -> None:
        self._settings = settings
        self._accounts = tuple(accounts)
        self._engine = engine
        self._running = RunningQueries()
        self._execution = Execution(engine, self._running, settings.max_inflated_bytes)
        self._metrics = EngineMetrics(CollectorRegistry())
        self._answers = Answers(settings.display_name, engine.version, engine.timezone, self._metrics)
        self._reads = Lane("read", settings.sessions, settings.max_waiting)
        self._writes = Lane("write", settings.sessions, settings.max_waiting)
        self._control = Lane("control", settings.control_sessions, settings.max_waiting)

    async def query(self, http: HttpRequest) -> Response:
        """One query; every failure is answered as ClickHouse answers it."""
        started = time.monotonic()
        user = ""
        with self._metrics.in_flight.track_inprogress():
            try:
                pairs = url_pairs(http.scope["query_string"])
                who = read_credentials(pairs, http.headers)
                user = authenticate(self._accounts, who.user, who.password).name
                return await self._answered(http, pairs, self._account(user), started)
            except EngineError as error:
                return self._answers.failed(error, user, started)
            except ClientDisconnect:
                return Response(status_code=499)
            except Exception as error:  # noqa: BLE001 - one query's fault must not reach another's
                self._answers.broken(error)
                return self._answers.failed(INTERNAL, user, started)

    async def ready(self, _: HttpRequest) -> Response:
        """200 when the engine answers a query; 503 otherwise."""
        try:
            await asyncio.wrap_future(self._control.submit(self._probe, lambda: None))
        except EngineError as error:
            return Response(error.body(self._engine.version), status_code=503)
        return await _ok(_)

    async def metrics(self, _: HttpRequest) -> Response:
        """Prometheus text."""
        return Response(generate_latest(self._metrics.registry), media_type="text/plain; version=0.0.4")

    def end_reads(self) -> None:
        """Ends the queries that change nothing; what writes may finish."""
        self._cancel([one for one in self._running.all() if not one.writes])

    def close(self) -> None:
        """Ends the queries that still run and waits until their sessions are closed."""
        self._cancel(self._running.all())
        for lane in (self._reads, self._writes, self._control):
            lane.close()

    async def _answered(
        self, http: HttpRequest, pairs: list[tuple[str, str]], account: Account, started: float
    ) -> Response:
        call = read_call(pairs, http.headers)
        running = self._running.enter(call.query_id, account.name)
        try:
            body = await self._received(http, running)
            if body.fields:
                call = read_call([*pairs, *body.fields], {**http.headers, "x-clickhouse-query-id": call.query_id})
            request = Request(call, account, running, body.chunks, body.coding, reads_only=http.method == "GET")
            lane = self._lane(request)
            future = lane.submit(partial(self._execution.run, request), partial(self._running.leave, running))
            running.when_killed(future.cancel)
        except BaseException:
            self._running.leave(running)
            raise
        try:
            outcome = await self._until_done(http, future, running)
        except EngineError as error:
            return self._answers.failed(error, account.name, started, running.kind)
        return await self._answers.succeeded(request, outcome, http.headers.get("accept-encoding", ""), started)

    async def _received(self, http: HttpRequest, running: Running) -> Body:
        """The body; a kill stops waiting for it, however long the client takes."""
        loop = asyncio.get_running_loop()
        reading = asyncio.ensure_future(read_body(http, self._settings.max_body_bytes))
        running.when_killed(partial(loop.call_soon_threadsafe, reading.cancel))
        try:
            return await reading
        except asyncio.CancelledError:
            running.check_not_killed()
            raise

    async def _until_done(self, http: HttpRequest, future: "Future[Outcome]", running: Running) -> Outcome:
        """The outcome; when the client goes away first, what reads or still waits is ended, what writes finishes."""
        work = asyncio.wrap_future(future)
        gone = asyncio.ensure_future(_disconnected(http))
        either: set[asyncio.Future[Any]] = {work, gone}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not work.done() and (not running.writes or not future.running()):
                await asyncio.wrap_future(self._control.submit(partial(self._cancel, [running]), lambda: None))
            return await work
        except asyncio.CancelledError:
            running.check_not_killed()
            raise
        finally:
            gone.cancel()

    def _lane(self, request: Request) -> Lane:
        if not request.coding and is_control(request.call.query.encode() or b"".join(request.body[:1])):
            return self._control
        return self._writes if request.account.writes else self._reads

    def _account(self, name: str) -> Account:
        return next(one for one in self._accounts if one.name == name)

    def _cancel(self, queries: Sequence[Running]) -> None:
        session = self._engine.control()
        try:
            cancel(session, queries)
        finally:
            session.close()

    def _probe(self) -> None:
        session = self._engine.control()
        try:
            session.query("SELECT 1")
        finally:
            session.close()


async def _disconnected(http: HttpRequest) -> None:
    while (await http.receive())["type"] != "http.disconnect":
        pass
