"""What became of an event, and which events became what."""

from typing import Annotated, Literal, NamedTuple

from fastapi import APIRouter, Depends, Query

from services.api import models, receipts
from services.api.access import Emitter
from services.api.problems import ProblemError
from services.api.scope import ReaderOf
from shared.keys import Role

router = APIRouter(prefix="/v1", tags=["receipts"])

Outcome = Literal[
    "counted",
    "noted",
    "excluded",
    "pending",
    "duplicate",
    "conflict",
    "superseded",
    "retracted",
    "orphan",
    "cycle",
    "late",
    "rejected",
]
SourceQuery = Annotated[
    str,
    Query(
        pattern=r"^(/systems/[a-z0-9][a-z0-9.-]{0,39})?$",
        description="The key's own system when not given.",
        examples=["/systems/mot-cua"],
    ),
]
EventIdQuery = Annotated[str, Query(alias="id", max_length=64, description="One event: its receipt.")]
OutcomeQuery = Annotated[Outcome | None, Query(description="A list: the events with this outcome.")]


class Place(NamedTuple):
    """Which page of a list."""

    after: str
    limit: int


def place(
    after: Annotated[str, Query(max_length=64, description="Cursor: `next` of the page before.")] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Place:
    """The cursor of the request."""
    return Place(after, limit)


@router.get("/events")
async def events(
    reader: ReaderOf,
    key: Emitter,
    page: Annotated[Place, Depends(place)],
    source: SourceQuery = "",
    event_id: EventIdQuery = "",
    outcome: OutcomeQuery = None,
) -> models.Receipt | models.Receipts:
    """With `id` its receipt, with `outcome` a page of events; another system's are answered as what does not exist."""
    whose = source or (f"/systems/{key.system}" if key.role is Role.EMIT else "")
    if not whose or bool(event_id) == (outcome is not None):
        raise ProblemError("parameters")
    found: models.Receipt | models.Receipts | None
    if outcome is None:
        found = await receipts.one(reader, key, whose, event_id)
    else:
        found = await receipts.page(reader, key, whose, outcome, page)
    if found is None:
        raise ProblemError("no_receipt")
    return found
