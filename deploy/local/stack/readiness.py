"""Is a process of the stack ready? Each is asked in its own way, from outside."""

import http.client
from collections.abc import Callable

from deploy.local.kafka import probe
from deploy.local.stack.settings import StackSettings

TIMEOUT_SECONDS = 2.0
"""A readiness answer takes milliseconds; a frozen process must not freeze the waiting."""
ENGINE_PATH = "/ping"
SERVICE_PATH = "/-/ready"


def is_ready(settings: StackSettings, name: str) -> bool:
    """True when the process does its work now: the broker serves, the engine answers, the service says so."""
    return _CHECKS.get(name, _service)(settings, name)


def _kafka(settings: StackSettings, name: str) -> bool:
    return probe.answers(settings.port(name))


def _engine(settings: StackSettings, name: str) -> bool:
    return _status(settings.port(name), ENGINE_PATH) == http.client.OK


def _service(settings: StackSettings, name: str) -> bool:
    return _status(settings.port(name), SERVICE_PATH) == http.client.OK


def _status(port: int, path: str) -> int:
    """Status code of a GET; 0 when there is no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


_CHECKS: dict[str, Callable[[StackSettings, str], bool]] = {"kafka": _kafka, "engine": _engine}
