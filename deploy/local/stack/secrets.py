"""Secrets of one installation: made once, readable by the owner only, never printed."""

import os
import secrets as random
from base64 import b64encode
from pathlib import Path

NAMES = ("engine-writer", "engine-reader", "engine-grafana", "province", "webhook")
DEMO_SYSTEMS = "demo-systems.json"
"""Keys of the systems that the simulator speaks for; made by the demonstration."""
SECRET_BYTES = 32
"""256 bits: as long as the key of HMAC-SHA256, for which the province's secret is used."""


def ensure_secrets(folder: Path) -> None:
    """Creates what is missing and keeps what is there; a changed province secret would orphan every subject."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in NAMES:
        if not (folder / name).exists():
            write_once(folder / name, new_secret(name))


def new_secret(name: str) -> str:
    """The webhook's has the form that Standard Webhooks prescribes; the others are hexadecimal."""
    if name == "webhook":
        return f"whsec_{b64encode(random.token_bytes(SECRET_BYTES)).decode()}"
    return random.token_hex(SECRET_BYTES)


def write_once(path: Path, value: str) -> None:
    """Complete or absent: a crash between creating and writing must not leave an empty secret."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(value)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
