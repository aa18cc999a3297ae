"""More requests at once than the api takes: the rest is told to come back, streams and health pages are not counted."""

import asyncio

import pytest
from httpx import ASGITransport, AsyncClient, Response
from starlette.types import Receive, Scope, Send

from services.api.guard import Guard
from services.api.metrics import ApiMetrics


class Waiting:
    """An app that answers when it is told to."""

    def __init__(self) -> None:
        self.begun = asyncio.Semaphore(0)
        self.go_on = asyncio.Event()

    async def __call__(self, _: Scope, __: Receive, send: Send) -> None:
        self.begun.release()
        await self.go_on.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize(("path", "status"), [("/v1/board", 503), ("/v1/stream", 200), ("/-/healthy", 200)])
async def test_one_request_too_many_is_told_to_come_back_and_what_watches_is_not(path: str, status: int) -> None:
    app, metrics = Waiting(), ApiMetrics()
    guard = Guard(app, metrics, "'none'", max_requests=2)
    async with AsyncClient(transport=ASGITransport(guard), base_url="http://api") as http, asyncio.TaskGroup() as group:
        first = [group.create_task(http.get("/v1/board")) for _ in range(2)]
        for _ in first:
            await app.begun.acquire()
        third = group.create_task(http.get(path))
        if status == 200:
            await app.begun.acquire()
            app.go_on.set()
        answer: Response = await third
        app.go_on.set()
    assert (answer.status_code, answer.headers.get("retry-after")) == (status, "2" if status == 503 else None)
    assert [(await one).status_code for one in first] == [200, 200]
    assert metrics.registry.get_sample_value("chitieu_api_in_flight_requests") == 0
