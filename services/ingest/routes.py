"""`POST /v1/events` and the open list of schemas: decode, validate, publish, answer."""

import time
import traceback
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from services.ingest.answers import Answer, Outcome, answer, refusal
from services.ingest.bodies import Mode, mode_of, raw_events, refuse_many
from services.ingest.intake import Body, Held, Intake, inflate_aside
from services.ingest.metrics import IngestMetrics
from services.ingest.parting import Parting, send_answer
from services.ingest.problems import Problem, Refused
from services.ingest.publisher import Publisher
from services.ingest.reasons import Rejected
from services.ingest.rejections import RejectionWriter, notes, now
from services.ingest.scopes import Scopes
from services.ingest.settings import IngestSettings
from services.ingest.validation import moment, validate, validate_whole
from shared.contracts.event import Event
from shared.contracts.json_schema import schema_of, schemas
from shared.errors import RetryableError
from shared.keys import KeyRecord, Role
from shared.keystore import KeyRing
from shared.logs import get_logger

log = get_logger(__name__)

TRUE = {"1", "true", "yes"}


@dataclass(frozen=True, slots=True)
class EventsEndpoint:
    """`POST /v1/events` as an ASGI application: the framework's request objects cost more than the validation."""

    settings: IngestSettings
    keys: KeyRing
    scopes: Scopes
    intake: Intake
    publisher: Publisher
    metrics: IngestMetrics
    parting: Parting
    rejections: RejectionWriter | None = None
    """None: refused events are told in the answer alone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request; whatever happens, nothing of the events gets into the log."""
        began, headers, body = time.monotonic(), Headers(scope=scope), Body(receive)
        try:
            found = await self._handle(headers, scope["query_string"].decode("latin-1"), body)
        except Refused as refused:
            self._count(began, refused.problem)
            log.info("request_refused", reason=refused.problem.value, key_id=refused.key_id)
            await self.parting.refuse(refusal(refused.problem), headers, body, send)
            return
        except Exception as error:  # noqa: BLE001 - the message may hold a value, so only its place is logged
            self._count(began, Problem.INTERNAL)
            log.error("request_failed", error=type(error).__name__, at=_frames(error))  # noqa: TRY400
            await self.parting.refuse(refusal(Problem.INTERNAL), headers, body, send)
            return
        self._count(began)
        await send_answer(found, send)

    def _count(self, began: float, problem: Problem | None = None) -> None:
        self.metrics.seconds.observe(time.monotonic() - began)
        if problem:
            self.metrics.refused.labels(problem.value).inc()

    async def _handle(self, headers: Mapping[str, str], query: str, body: Body) -> Answer:
        key = await self._key(headers)
        try:
            return await self._take(headers, query, body, key)
        except Refused as refused:
            refused.key_id = key.key_id
            raise

    async def _take(self, headers: Mapping[str, str], query: str, body: Body, key: KeyRecord) -> Answer:
        dry_run = parse_qs(query).get("dry_run", ["0"])[-1].lower() in TRUE
        mode, declared_bytes = mode_of(headers), int(headers.get("content-length", "0"))
        if declared_bytes > self.settings.max_body_bytes:
            raise Refused(Problem.BODY_TOO_LARGE)
        async with self.intake.request(key.key_id, declared_bytes) as held:
            whole = await self._body(headers, body, held)
            async with self.intake.turn():
                outcomes = self._validate(mode, headers, whole, key)
            del whole
            # The body is gone by now; while the log is slow only its events are kept.
            await self._publish(outcomes, dry_run)
            self._tell(outcomes, key, dry_run)
            return answer(outcomes, single=mode is not Mode.BATCH, dry_run=dry_run)

    async def _body(self, headers: Mapping[str, str], body: Body, held: Held) -> bytes:
        """The whole body without its compression. Raises `Refused`."""
        sent = await self.intake.read(body, held, self.settings.max_body_bytes)
        inflated = await inflate_aside(sent, headers.get("content-encoding", ""), self.settings.max_inflated_bytes)
        if inflated is not sent:
            held.add(len(inflated))
        self._count_bytes(sent, inflated)
        return inflated

    async def _key(self, headers: Mapping[str, str]) -> KeyRecord:
        key = await self.keys.prove(headers.get("authorization", ""))
        if key is None:
            raise Refused(Problem.UNAUTHORIZED)
        if key.role is not Role.EMIT:
            raise Refused(Problem.FORBIDDEN)
        return key

    def _validate(self, mode: Mode, headers: Mapping[str, str], body: bytes, key: KeyRecord) -> list[Outcome]:
        allowed, now, most = self.scopes.of(key), moment(time.time_ns() // 1000), self.settings.max_batch_events
        if mode is Mode.BATCH:
            refuse_many(body, most)
            good = validate_whole(body, allowed, now)
            if good and len(good) <= most:
                return list(good)
        return [validate(raw, allowed, now) for raw in raw_events(mode, headers, body, most)]

    async def _publish(self, outcomes: list[Outcome], dry_run: bool) -> None:
        accepted = [outcome for outcome in outcomes if isinstance(outcome, Event)]
        if not accepted or dry_run:
            return
        try:
            await self.publisher.publish(accepted, time.time_ns() // 1_000_000)
        except RetryableError as error:
            log.warning("log_unavailable", cause=str(error))
            raise Refused(Problem.KAFKA_UNAVAILABLE) from error

    def _count_bytes(self, sent: bytes, inflated: bytes) -> None:
        self.metrics.body_bytes.inc(len(sent))
        self.metrics.inflated_bytes.inc(len(inflated))

    def _tell(self, outcomes: list[Outcome], key: KeyRecord, dry_run: bool) -> None:
        """Counts by token; a dry run counts only as one."""
        if dry_run:
            self.metrics.dry_run.inc(len(outcomes))
            return
        for name, count in Counter(o.type for o in outcomes if isinstance(o, Event)).items():
            self.metrics.accepted.labels(name).inc(count)
        reasons = Counter(o.reason.value for o in outcomes if isinstance(o, Rejected))
        for reason, count in reasons.items():
            self.metrics.rejected.labels(reason).inc(count)
        if reasons and self.rejections is not None:
            self.rejections.note(notes(outcomes, key, self.scopes.of(key), now()))
        if reasons:
            log.info("events_rejected", key_id=key.key_id, system=key.system, reasons=dict(reasons))


async def list_schemas(_: Request) -> Response:
    """`GET /v1/schemas`: every type with the address of its JSON Schema."""
    return JSONResponse({"schemas": [{"type": name, "href": f"/v1/schemas/{name}"} for name in schemas()]})


async def one_schema(request: Request) -> Response:
    """`GET /v1/schemas/{type}`: the JSON Schema of a whole event of the type."""
    schema = schema_of(request.path_params["type"])
    if schema is None:
        return JSONResponse({"title": "Not Found", "status": 404}, 404, media_type="application/problem+json")
    return JSONResponse(schema, media_type="application/schema+json")


def _frames(error: Exception) -> list[str]:
    return [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
