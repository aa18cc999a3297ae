"""TLS towards receivers: certificate and name are always checked."""

import ssl
from functools import cache
from pathlib import Path


@cache
def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Against the given authorities or the system's; shared, since every unit may have a receiver of its own."""
    return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
