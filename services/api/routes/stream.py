"""The live stream."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sse_starlette import EventSourceResponse

from services.api.access import Viewer
from services.api.stream import LiveFeed

router = APIRouter(prefix="/v1", tags=["stream"], dependencies=[Viewer])

SEND_TIMEOUT_SECONDS = 10
"""A screen that takes nothing for so long is gone; its stream is closed."""


async def feed_of(request: Request) -> AsyncIterator[LiveFeed]:
    """The feed, with this stream counted until the answer ends."""
    feed: LiveFeed = request.app.state.feed
    async with feed.client():
        yield feed


Feed = Annotated[LiveFeed, Depends(feed_of, scope="request")]


@router.get("/stream", response_class=EventSourceResponse)
async def stream(feed: Feed) -> EventSourceResponse:
    """Server-sent events: `moved` when the watermark, an alert, the catalogue or the day moved, else `heartbeat`."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return EventSourceResponse(feed.messages(), headers=headers, send_timeout=SEND_TIMEOUT_SECONDS)
