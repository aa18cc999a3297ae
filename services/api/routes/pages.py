"""The wallboard's files: one page for all addresses; it holds no figures, those come from `/v1`."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.staticfiles import StaticFiles

WALLBOARD = Path(__file__).parent.parent / "wallboard"
PATHS = (
    "/",
    "/units",
    "/units/{unit}",
    "/indicators/{indicator}",
    "/cells/{indicator}/{unit}",
    "/alerts",
    "/alerts/{alert_id:path}",
    "/login",
)

router = APIRouter(include_in_schema=False)


async def page() -> FileResponse:
    """The same document for every address; its script reads the address."""
    return FileResponse(WALLBOARD / "index.html", media_type="text/html; charset=utf-8")


for path in PATHS:
    router.add_api_route(path, page, methods=["GET"])


def static_files() -> StaticFiles:
    """Scripts, styles and words; asked for again by tag, so that a new version shows at once."""
    return StaticFiles(directory=WALLBOARD)
