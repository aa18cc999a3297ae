"""Which addresses a process listens on, as the kernel tells it."""

import socket
from collections.abc import Iterator
from ipaddress import IPv6Address
from pathlib import Path

LISTEN = "0A"


def listening_addresses(pid: int) -> Iterator[tuple[str, int]]:
    """Address and port of every listening TCP socket of a process; a mapped IPv6 address as IPv4."""
    inodes = {name for link in Path(f"/proc/{pid}/fd").iterdir() if (name := _target(link)).startswith("socket:")}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN and f"socket:[{fields[9]}]" in inodes:
                host, port = fields[1].split(":")
                yield _address(host), int(port, 16)


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:  # closed while we were looking
        return ""


def _address(text: str) -> str:
    """The kernel writes addresses as 32-bit words in the machine's order."""
    words = [bytes.fromhex(text[start : start + 8])[::-1] for start in range(0, len(text), 8)]
    packed = b"".join(words)
    if len(packed) == 4:
        return socket.inet_ntoa(packed)
    address = IPv6Address(packed)
    return str(address.ipv4_mapped or address)
