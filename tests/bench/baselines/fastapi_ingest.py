"""The usual ingest endpoint: FastAPI, a pydantic model per event type in one union, `send()` with acks=all.

Written as its documentation teaches it: validation by the models, one Kafka record per event keyed by its subject, all
acknowledged before the answer. It checks less than ours does: no units, scopes, personal data or limits.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Literal

import uvicorn
from aiokafka import AIOKafkaProducer
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Unit = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,39}$")]


class Model(BaseModel):
    """Undeclared fields are refused, as ours are."""

    model_config = ConfigDict(extra="forbid")


class Received(Model):
    """Data of filing.received."""

    procedure: Annotated[str, Field(pattern=r"^\d\.\d{6}(\.[0-9A-Z]{2,6}){0,5}$")]
    receiving_unit: Unit
    channel: Literal["online", "direct", "postal", "unknown"]
    full_online_offered: bool
    result_is_document: bool
    applicant_kind: Literal["citizen", "enterprise", "household_business"]
    due_at: AwareDatetime | None = None


class Digitised(Model):
    """Data of filing.digitised."""

    part: Literal["components", "result"]
    complete: bool


class ResultIssued(Model):
    """Data of filing.result_issued."""

    electronic: bool
    signed: bool
    delivery: Literal["online", "postal", "direct"]


class Rated(Model):
    """Data of filing.rated."""

    rating: Literal["satisfied", "neutral", "dissatisfied"]


class EventBase(Model):
    """CloudEvents attributes and our extensions."""

    specversion: Literal["1.0"]
    id: Annotated[str, Field(max_length=64)]
    source: Annotated[str, Field(pattern=r"^/systems/[a-z0-9.-]{1,40}$")]
    subject: Annotated[str, Field(pattern=r"^filing/[0-9a-f]{64}$")]
    time: AwareDatetime
    unit: Unit
    datacontenttype: Literal["application/json"] | None = None
    recordedtime: AwareDatetime | None = None
    corrects: str | None = None


class ReceivedEvent(EventBase):
    """A filing came in."""

    type: Literal["filing.received"]
    data: Received


class DigitisedEvent(EventBase):
    """Its papers were digitised."""

    type: Literal["filing.digitised"]
    data: Digitised


class ResultIssuedEvent(EventBase):
    """It was answered."""

    type: Literal["filing.result_issued"]
    data: ResultIssued


class RatedEvent(EventBase):
    """It was rated."""

    type: Literal["filing.rated"]
    data: Rated


AnyEvent = Annotated[ReceivedEvent | DigitisedEvent | ResultIssuedEvent | RatedEvent, Field(discriminator="type")]


class Result(BaseModel):
    """What became of one event."""

    id: str
    status: Literal["accepted"] = "accepted"


class Answer(BaseModel):
    """One result per event, in order."""

    accepted: int
    received_at: datetime
    results: list[Result]


def build_app(bootstrap: str, topic: str, key: str) -> FastAPI:
    """The application; `key` is the one bearer token that it knows."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
        await app.state.producer.start()
        yield
        await app.state.producer.stop()

    app, bearer = FastAPI(lifespan=lifespan), HTTPBearer()

    def authorised(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> None:
        if credentials.credentials != key:
            raise HTTPException(403)

    @app.get("/ready")
    async def ready() -> str:
        return "ok"

    @app.post("/v1/events", status_code=202, dependencies=[Depends(authorised)])
    async def events(request: Request, batch: list[AnyEvent]) -> Answer:
        producer: AIOKafkaProducer = request.app.state.producer
        sent = [
            await producer.send(topic, event.model_dump_json().encode(), key=event.subject.encode()) for event in batch
        ]
        await asyncio.gather(*sent)
        now = datetime.now().astimezone()
        return Answer(accepted=len(batch), received_at=now, results=[Result(id=event.id) for event in batch])

    return app


def main() -> None:
    """Serves on 127.0.0.1 until a signal."""
    parser = argparse.ArgumentParser()
    for name in ("port", "bootstrap", "topic", "key"):
        parser.add_argument(f"--{name}", required=True)
    arguments = parser.parse_args()
    app = build_app(arguments.bootstrap, arguments.topic, arguments.key)
    uvicorn.run(app, host="127.0.0.1", port=int(arguments.port), access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
