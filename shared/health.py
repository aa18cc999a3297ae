"""Routes of every HTTP service: alive, ready, metrics. They need no key and tell no business value."""

from collections.abc import Awaitable, Callable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

Check = Callable[[], Awaitable[str]]
"""Returns "" when the dependency is usable, else one short cause that names no value."""


def health_routes(checks: Mapping[str, Check], registry: CollectorRegistry) -> list[Route]:
    """`/-/healthy`: the process answers; `/-/ready`: 200 when every check passes, else 503 with the causes."""

    async def healthy(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(_: Request) -> Response:
        causes = {name: cause for name, check in checks.items() if (cause := await check())}
        return JSONResponse({"ready": not causes, "causes": causes}, 503 if causes else 200)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/-/healthy", healthy), Route("/-/ready", ready), Route("/metrics", metrics)]
