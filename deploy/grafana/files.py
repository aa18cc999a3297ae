"""The committed dashboards: reading them, and pointing their links at an address. Needs nothing that makes them."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "dashboards"
PUBLIC_URL = "http://localhost:8080"
"""Where the committed dashboards' links lead: the api of a stack on this machine."""

Json = dict[str, Any]


def committed(public_url: str = PUBLIC_URL) -> dict[str, Json]:
    """uid → dashboard, with links to the api at `public_url`."""
    return {
        file.stem: addressed(json.loads(file.read_text("utf-8")), public_url) for file in sorted(FOLDER.glob("*.json"))
    }


def addressed(dashboard: Json, public_url: str) -> Json:
    """The same with another address of the api, which stands in one constant alone."""
    text = json.dumps(dashboard).replace(json.dumps(PUBLIC_URL), json.dumps(public_url.rstrip("/")))
    found: Json = json.loads(text)
    return found


def text_of(dashboard: Json) -> str:
    """A file's content: sorted, so that a change is a short difference."""
    return json.dumps(dashboard, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def write(dashboards: dict[str, Json], folder: Path = FOLDER) -> list[Path]:
    """Each as `<uid>.json`; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {folder / f"{uid}.json": dashboard for uid, dashboard in dashboards.items()}
    for file, dashboard in files.items():
        file.write_text(text_of(dashboard), "utf-8")
    return list(files)
