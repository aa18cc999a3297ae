"""One POST to an address that was checked: no redirects, no proxy, bounded in time and in what is read.

The name is resolved here, every address it has is checked, and the connection goes to one of exactly these; `Host` and
the TLS server name stay the name. So a name that changes its address after the check leads nowhere else.
"""

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from pathlib import Path

import aiohttp
from yarl import URL

from services.alerts.channels import DeliveryError
from services.alerts.channels.tls import tls_context
from services.alerts.retrying import GONE, is_refusal, retry_after

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""Host and port → its addresses; blocking, OSError when it has none."""

ANSWER_MAX_BYTES = 2048
"""Enough for the reason of a refusal; the rest of an endless answer is never read."""

REASON_MAX_CHARACTERS = 200
TRANSLATED = IPv6Network("64:ff9b::/96")
"""NAT64: stands for an IPv4 address, as mapped, 6to4 and Teredo addresses do; a way round the check."""


def system_resolve(host: str, port: int) -> list[str]:
    """Addresses of a name, in the system's order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: Address) -> bool:
    """Whether it may lie outside the own network: not private, loopback, link-local, reserved, multicast or mapped."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or address.teredo
        if inner or address in TRANSLATED or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


@dataclass(frozen=True, slots=True)
class Network:
    """The edge to the system's network: how names are resolved and sockets made."""

    resolve: Resolve = system_resolve
    sockets: aiohttp.SocketFactoryType | None = None


SYSTEM = Network()


@dataclass
class Poster:
    """POSTs to one URL.

    Names are resolved in a thread of its own: where a name server hangs, nobody else waits for the thread.
    """

    url: str
    timeout: timedelta
    allow_private: bool = False
    ca_file: Path | None = None
    network: Network = SYSTEM
    _session: aiohttp.ClientSession | None = field(default=None, init=False)
    _names: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "resolve"), init=False)

    async def post(self, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
        """Raises `DeliveryError`; only 2xx is an acknowledgement."""
        try:
            async with asyncio.timeout(self.timeout.total_seconds()):
                await self._post(body, headers, now)
        except TimeoutError as error:
            raise DeliveryError(f"no answer within {self.timeout.total_seconds():g} s") from error

    async def close(self) -> None:
        """Ends the session; harmless when none was opened."""
        self._names.shutdown(wait=False, cancel_futures=True)
        if self._session:
            await self._session.close()

    async def _post(self, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
        url = URL(self.url)
        failed: OSError | aiohttp.ClientError | None = None
        for address in await self._addresses(url):
            try:
                await self._post_to(address, url, body, headers, now)
            except aiohttp.ClientConnectorError as error:  # the name's next address may be reachable
                failed = error
            except (OSError, aiohttp.ClientError) as error:
                raise DeliveryError(type(error).__name__) from error
            else:
                return
        raise DeliveryError(type(failed).__name__ if failed else "name has no address") from failed

    async def _addresses(self, url: URL) -> list[str]:
        """All of them or none: a name that also stands for a private address is not trusted at all."""
        try:
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(self._names, self.network.resolve, str(url.host), int(url.port or 0))
        except (OSError, UnicodeError) as error:
            raise DeliveryError("name cannot be resolved") from error
        if not self.allow_private and not all(is_public(ip_address(address)) for address in found):
            raise DeliveryError("address refused: not public, and allow_private is not set", refused=True)
        return list(found)

    async def _post_to(self, address: str, url: URL, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
        request = self._opened().post(
            url.with_host(address),
            data=body,
            headers={**headers, "host": url.authority.rpartition("@")[2]},
            allow_redirects=False,
            server_hostname=url.host if url.scheme == "https" else None,
        )
        async with request as answer:
            if 200 <= answer.status < 300:
                return
            reason = (await answer.content.read(ANSWER_MAX_BYTES)).decode(errors="replace")
            raise DeliveryError(
                f"HTTP {answer.status} {' '.join(reason.split())[:REASON_MAX_CHARACTERS]}".strip(),
                refused=is_refusal(answer.status),
                gone=answer.status == GONE,
                retry_after=retry_after(answer.headers.get("retry-after"), now),
            )

    def _opened(self) -> aiohttp.ClientSession:
        """Every delivery has its own connection, so that each goes to an address that was just checked."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    force_close=True, ssl=tls_context(self.ca_file), socket_factory=self.network.sockets
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None),
            )
        return self._session
