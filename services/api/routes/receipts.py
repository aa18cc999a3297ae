"""What became of an event."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.api import answers, models, queries
from services.api.access import Emitter
from services.api.problems import ProblemError
from services.api.scope import ReaderOf
from shared.keys import Role

router = APIRouter(prefix="/v1", tags=["receipts"])

SourceQuery = Annotated[str, Query(pattern=r"^/systems/[a-z0-9][a-z0-9.-]{0,39}$", examples=["/systems/mot-cua"])]
EventIdQuery = Annotated[str, Query(alias="id", min_length=1, max_length=64)]


@router.get("/events")
async def receipt(reader: ReaderOf, key: Emitter, source: SourceQuery, event_id: EventIdQuery) -> models.Receipt:
    """The receipt of an event of the key's own system and units; another's is answered as one that does not exist."""
    emits = key.role is Role.EMIT
    foreign = emits and source != f"/systems/{key.system}"
    row = None if foreign else await queries.receipt(reader, source, event_id, key.units if emits else ())
    if row is None:
        raise ProblemError("no_receipt")
    return answers.receipt(row)
