"""The keys of the emitting systems, from a file; a key is shown nowhere."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from deploy.local.simulator.sender import SendError


def read_keys(file: Path) -> dict[str, str]:
    """`{"dvc": "ct_…"}` as JSON, or lines `dvc=ct_…`. Raises `SendError` without repeating any content."""
    try:
        text = file.read_text()
    except OSError as error:
        raise SendError(f"Không đọc được tệp khóa {file}: {error.strerror}") from error
    try:
        if text.lstrip().startswith("{"):
            return msgspec.json.decode(text, type=dict[str, str])
        lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
        return {name.strip(): key.strip() for name, key in (line.split("=", 1) for line in lines)}
    except (msgspec.DecodeError, ValueError):
        raise SendError(f"Tệp khóa {file} không phải JSON, cũng không phải các dòng hệ_thống=khóa") from None


def require_keys(keys: Mapping[str, str], sources: Mapping[str, str]) -> None:
    """Raises `SendError` that names every system without a key, before anything is sent."""
    missing = sorted(set(sources.values()) - set(keys))
    if missing:
        raise SendError("Thiếu khóa cho các hệ thống: " + ", ".join(missing))
