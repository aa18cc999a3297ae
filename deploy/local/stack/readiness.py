"""Is a process of the stack ready? Each is asked in its own way, from outside."""

import http.client

from deploy.local.kafka import probe
from deploy.local.stack.settings import StackSettings

TIMEOUT_SECONDS = 2.0
"""A readiness answer takes milliseconds; a frozen process must not freeze the waiting."""
READY_PATH = "/-/ready"


def is_ready(settings: StackSettings, name: str) -> bool:
    """True when the process does its work now: the broker serves, engine and services say so themselves."""
    port = settings.port(name)
    return probe.answers(port) if name == "kafka" else status(port, READY_PATH) == http.client.OK


def status(port: int, path: str) -> int:
    """Status code of a GET; 0 when there is no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
