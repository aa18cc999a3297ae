"""Is the broker ready? Asked in its own protocol: it answers only once it may serve clients."""

import socket
import struct

TIMEOUT_SECONDS = 2.0
"""A broker that is up answers in a millisecond; one that is frozen must not hold up the caller."""
API_VERSIONS_KEY = 18
CORRELATION_ID = 1


def answers(port: int) -> bool:
    """True when the broker on 127.0.0.1 answers ApiVersions; it listens only after it is unfenced."""
    client = b"probe"
    body = struct.pack(f">hhih{len(client)}s", API_VERSIONS_KEY, 0, CORRELATION_ID, len(client), client)
    try:
        with socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS) as connection:
            connection.sendall(struct.pack(">i", len(body)) + body)
            head = connection.recv(8, socket.MSG_WAITALL)
    except OSError:
        return False
    return len(head) == 8 and struct.unpack(">ii", head)[1] == CORRELATION_ID
