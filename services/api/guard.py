"""What goes around every request: security headers, counts by route, and a bound on how many there are at once."""

import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.metrics import ApiMetrics
from services.api.problems import RETRY_AFTER_SECONDS, problem_response

STATIC_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors "
)
"""Nothing from elsewhere and nothing inline: a page that is tampered with can neither load nor send anything."""

RETRY_LATER = {"Retry-After": str(RETRY_AFTER_SECONDS)}
UNBOUNDED = ("/v1/stream", "/-/", "/metrics")
"""Streams have a bound of their own; whoever watches the process must get through when nobody else does."""


class Guard:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, metrics: ApiMetrics, frame_ancestors: str, max_requests: int) -> None:
        self._app, self._metrics = app, metrics
        self._max_requests, self._requests = max_requests, 0
        headers = STATIC_HEADERS | {"Content-Security-Policy": POLICY + frame_ancestors}
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Adds the headers to the answer and counts it under its route, never under its address."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *self._missing(message), *_freshness(message, scope)]
                self._count(scope, message["status"], began)
            await send(message)

        if scope["path"].startswith(UNBOUNDED):
            await self._app(scope, receive, answer)
        elif self._requests < self._max_requests:
            await self._bounded(scope, receive, answer)
        else:
            self._metrics.problems.labels("too_many_requests").inc()
            await problem_response("too_many_requests", RETRY_LATER)(scope, receive, answer)

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._requests += 1
        self._metrics.in_flight.set(self._requests)
        try:
            await self._app(scope, receive, send)
        finally:
            self._requests -= 1
            self._metrics.in_flight.set(self._requests)

    def _missing(self, message: Message) -> list[tuple[bytes, bytes]]:
        present = {name for name, _ in message.get("headers", [])}
        return [(name, value) for name, value in self._headers if name not in present]

    def _count(self, scope: Scope, status: int, began: float) -> None:
        route: Any = scope.get("route")
        path = getattr(route, "path", "other")
        self._metrics.requests.labels(path, str(status)).inc()
        self._metrics.seconds.labels(path).observe(time.monotonic() - began)


def _freshness(message: Message, scope: Scope) -> list[tuple[bytes, bytes]]:
    """Figures are never kept by anyone in between; files are asked for again by their tag."""
    if any(name == b"cache-control" for name, _ in message.get("headers", [])):
        return []
    kept = scope["path"].startswith(("/v1", "/session"))
    return [(b"cache-control", b"no-store" if kept else b"no-cache")]
