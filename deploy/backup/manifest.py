"""What one backup holds: a JSON file beside the log's copy, written last, so that only a whole backup has one."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from shared.errors import StartError

NAME = re.compile(r"\d{8}T\d{6}Z")
"""Names are pasted into SQL and into paths."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ends`: offset after the last copied record, by part of the log. `groups`: the tables, as they were copied."""

    name: str
    database: str
    ends: dict[str, int]
    groups: list[list[str]]


def new_name(now: datetime) -> str:
    """The name of a backup that begins now; sorts by time."""
    return now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def write(root: Path, manifest: Manifest) -> Path:
    """Complete or absent."""
    path, draft = root / f"{manifest.name}.json", root / f"{manifest.name}.draft"
    with draft.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2))
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    return path


def manifests(root: Path) -> list[Manifest]:
    """All of them, the oldest first. Raises `StartError` for one that cannot be read."""
    return [_read(path) for path in sorted(root.glob("*.json")) if NAME.fullmatch(path.stem)]


def chosen(root: Path, name: str) -> Manifest | None:
    """The named one, else the newest; None when there is none. Raises `StartError` for an unknown name."""
    every = manifests(root)
    if not name:
        return every[-1] if every else None
    found = next((one for one in every if one.name == name), None)
    if found is None:
        raise StartError(
            f"there is no backup {name} in {root}; there are {', '.join(one.name for one in every) or '-'}"
        )
    return found


def _read(path: Path) -> Manifest:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except msgspec.DecodeError as error:
        raise StartError(f"{path}: {error}") from error
