"""docker-compose.yml as the tests see it, and its services as processes of this machine."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.support.processes import REPO

OURS = ("schema", "topics", "ingest", "scoring", "alerts", "api", "backup", "deadman", "simulator")
"""Services that run the image of the Dockerfile."""

SERVERS = {"ingest": 8081, "scoring": 8082, "alerts": 8083, "api": 8080}
"""Service → the port that it listens on inside its container."""


@cache
def compose() -> dict[str, Any]:
    """The file, merged as YAML merges it."""
    text: dict[str, Any] = yaml.safe_load((REPO / "docker-compose.yml").read_text("utf-8"))
    return text


def service(name: str) -> dict[str, Any]:
    """One service."""
    found: dict[str, Any] = compose()["services"][name]
    return found


def image_environment() -> dict[str, str]:
    """`CHITIEU_…` that the Dockerfile sets."""
    words = (REPO / "Dockerfile").read_text("utf-8").replace("\\\n", " ").split()
    return dict(word.split("=", 1) for word in words if word.startswith("CHITIEU_"))


def environment_here(name: str, secrets: Path, differing: Mapping[str, str]) -> dict[str, str]:
    """A service's environment with its mounts as folders of this machine, and with what differs outside a container."""
    told = image_environment() | service(name).get("environment", {})
    return {key: str(value).replace("/run/secrets", str(secrets)) for key, value in told.items()} | dict(differing)


def health_check_here(name: str, port: int, inside: int) -> list[str]:
    """A service's health check, asking on another port."""
    kind, *command = service(name)["healthcheck"]["test"]
    assert kind == "CMD"
    return [
        word.replace(f"127.0.0.1:{inside}", f"127.0.0.1:{port}").replace(f"/{inside}", f"/{port}") for word in command
    ]
