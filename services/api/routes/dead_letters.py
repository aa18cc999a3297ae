"""Records of the log that could not be processed."""

from datetime import UTC, datetime
from typing import Annotated

from aiokafka.errors import KafkaError
from fastapi import APIRouter, Query, Request

from services.api import models
from services.api.access import Operator
from services.api.problems import ProblemError
from services.api.settings import ApiSettings
from services.api.wording import dead_letter_words
from shared.dead_letters import DeadLetter, read_dead_letters

router = APIRouter(prefix="/v1/dead-letters", tags=["dead letters"], dependencies=[Operator])

RETRY_AFTER_SECONDS = "5"

LimitQuery = Annotated[int, Query(ge=1, le=1000)]


@router.get("")
async def dead_letters(request: Request, limit: LimitQuery = 100) -> models.DeadLetters:
    """Those that wait first, newest first; `python -m services.scoring replay` sends their events again."""
    settings: ApiSettings = request.app.state.settings
    try:
        letters = list((await read_dead_letters(settings)).values())
    except (KafkaError, TimeoutError, OSError) as error:
        raise ProblemError("broker_away", {"Retry-After": RETRY_AFTER_SECONDS}) from error
    letters.sort(key=lambda letter: (letter.replayed_at > 0, -letter.at, letter.partition, -letter.offset))
    waiting = sum(not letter.replayed_at for letter in letters)
    return models.DeadLetters(dead_letters=[_answer(letter) for letter in letters[:limit]], waiting=waiting)


def _answer(letter: DeadLetter) -> models.DeadLetter:
    words = dead_letter_words(letter.reason)
    return models.DeadLetter(
        partition=letter.partition,
        offset=letter.offset,
        reason=letter.reason,
        sentence=words.vi,
        sentence_en=words.en,
        at=_instant(letter.at),
        bytes=letter.size,
        replayed=_instant(letter.replayed_at) if letter.replayed_at else None,
    )


def _instant(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
