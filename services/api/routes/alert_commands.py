"""What people do with alerts: each request is one message in the topic `commands`, acted on by the alerts service."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Request

from services.api import alert_answers, alert_models, alert_queries, orders
from services.api.access import Acting, Viewing
from services.api.command_log import CommandLog
from services.api.problems import ProblemError
from services.api.routes.alerts import AlertPath
from services.api.scope import ClockOf, ReaderOf
from shared.contracts.commands import Action, Command

router = APIRouter(prefix="/v1", tags=["alerts"])

OPEN = frozenset({"firing", "lost"})
SilencePath = Annotated[UUID, Path(description="As `GET /v1/silences` has it.")]
OwnId = Annotated[
    UUID | None, Header(alias="Idempotency-Key", description="A UUID; a repeat with the same one has no second effect.")
]


@dataclass(frozen=True)
class Caller:
    """Who asks, when, and under which id; `send` returns once the command is in the log."""

    log: CommandLog
    by: str
    now: datetime
    key: UUID | None

    async def send(self, command: Command) -> alert_models.Accepted:
        """Raises `ProblemError` when Kafka is away."""
        await self.log.send(command)
        return alert_models.Accepted(command_id=command.id)


def caller(request: Request, actor: Acting, clock: ClockOf, key: OwnId = None) -> Caller:
    """The operator behind the request."""
    return Caller(request.app.state.commands, actor.owner, clock(), key)


CallerOf = Annotated[Caller, Depends(caller)]


@router.post("/alerts/{alert_id:path}/ack", status_code=202)
async def acknowledge(
    who: CallerOf, reader: ReaderOf, alert_id: AlertPath, asked: alert_models.Acknowledge
) -> alert_models.Accepted:
    """Take an open alert on; escalation stops."""
    return await _about(who, reader, alert_id, "acknowledge", asked)


@router.post("/alerts/{alert_id:path}/note", status_code=202)
async def note(who: CallerOf, reader: ReaderOf, alert_id: AlertPath, asked: alert_models.Note) -> alert_models.Accepted:
    """Write a remark into the alert's history."""
    return await _about(who, reader, alert_id, "note", asked)


@router.post("/alerts/{alert_id:path}/escalate", status_code=202)
async def escalate(
    who: CallerOf, reader: ReaderOf, alert_id: AlertPath, asked: alert_models.Escalate
) -> alert_models.Accepted:
    """Pass an open alert on to the next step of its policy now."""
    return await _about(who, reader, alert_id, "escalate", asked)


@router.post("/alerts/{alert_id:path}/silence", status_code=202)
async def silence_one(
    who: CallerOf, reader: ReaderOf, alert_id: AlertPath, asked: alert_models.SilenceOne
) -> alert_models.Accepted:
    """Keep this alert from being told until then; its state goes on."""
    return await _about(who, reader, alert_id, "silence", asked)


@router.get("/silences")
async def silences(reader: ReaderOf, clock: ClockOf, viewer: Viewing) -> alert_models.Silences:
    """Silences and maintenance that hold or will hold."""
    rows = await alert_queries.silences(reader, clock())
    shown = [alert_answers.unsigned(row) for row in rows] if viewer is None else rows
    return alert_models.Silences(silences=[alert_models.Silence.model_validate(row) for row in shown])


@router.post("/silences", status_code=202)
async def silence_many(who: CallerOf, reader: ReaderOf, asked: alert_models.SilenceMany) -> alert_models.Accepted:
    """Keep everything that fits from being told; with `begins` it is maintenance. Its id is the command's."""
    command = orders.silence(asked, who.by, who.now, who.key)
    if not await alert_queries.known(reader, asked.unit, asked.indicator, asked.alert_id):
        raise ProblemError("matches_nothing")
    return await who.send(command)


@router.delete("/silences/{silence_id}", status_code=202)
async def end_silence(who: CallerOf, reader: ReaderOf, silence_id: SilencePath) -> alert_models.Accepted:
    """End a silence now; what it kept quiet is told, if it is still so."""
    row = await alert_queries.silence(reader, str(silence_id))
    if row is None:
        raise ProblemError("no_silence")
    if row["ends"] <= who.now:
        raise ProblemError("silence_over")
    return await who.send(orders.end_silence(str(silence_id), who.by, who.now, who.key))


async def _about(
    who: Caller, reader: ReaderOf, alert_id: str, action: Action, asked: orders.Request
) -> alert_models.Accepted:
    command = orders.order(action, alert_id, asked, who.by, who.now, who.key)
    row = await alert_queries.alert(reader, alert_id)
    if row is None:
        raise ProblemError("no_alert")
    if action in {"acknowledge", "escalate"} and row["state"] not in OPEN:
        raise ProblemError("alert_not_open")
    return await who.send(command)
