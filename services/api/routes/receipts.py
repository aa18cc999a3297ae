"""What became of an event."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.api import answers, models, queries
from services.api.access import Emitter
from services.api.problems import ProblemError
from services.api.scope import ReaderOf
from shared.keys import KeyRecord, Role

router = APIRouter(prefix="/v1", tags=["receipts"])

SourceQuery = Annotated[str, Query(pattern=r"^/systems/[a-z0-9][a-z0-9.-]{0,39}$", examples=["/systems/mot-cua"])]
EventIdQuery = Annotated[str, Query(alias="id", min_length=1, max_length=64)]


@router.get("/events")
async def receipt(reader: ReaderOf, key: Emitter, source: SourceQuery, event_id: EventIdQuery) -> models.Receipt:
    """The receipt of an event of the key's own system and units; another's is answered as one that does not exist."""
    row = await queries.receipt(reader, source, event_id)
    if row is None or (key.role is Role.EMIT and _foreign(key, row)):
        raise ProblemError("no_receipt")
    return answers.receipt(row)


def _foreign(key: KeyRecord, row: queries.Row) -> bool:
    return bool(row["source"] != f"/systems/{key.system}" or not key.allows_unit(row["unit"]))
