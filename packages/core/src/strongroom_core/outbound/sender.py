"""Sends requests to URLs that users chose, without reaching private addresses (SSRF, N-3).

A name is resolved once, all of its addresses are checked, and the connection goes to one of these addresses.
The name is never resolved again, which prevents DNS rebinding. TLS and the `Host` header use the name.
Redirects aren't followed, proxies aren't used, and connections aren't reused. Durations, sizes and the number
of requests are limited.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import httpcore

from strongroom_core.outbound.addresses import is_denied, parse_address
from strongroom_core.outbound.destination import (
    AllowedHosts,
    Destination,
    UnusableDestination,
    is_local_name,
    parse_destination,
)

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 10.0
MOST_BYTES = 64 * 1024
AT_ONCE = 64
RESOLVING_AT_ONCE = 8
MOST_ADDRESSES = 64

_REDIRECTS = range(300, 400)

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the addresses of a host. Raises `OSError`."""


class Reason(StrEnum):
    """Why a request wasn't sent, or got no usable response."""

    BAD_URL = "bad_url"
    UNRESOLVED = "unresolved"
    DENIED_ADDRESS = "denied_address"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    TIMEOUT = "timeout"
    REDIRECT = "redirect"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    CROWDED = "crowded"


class NotSent(Exception):
    """A request that failed, for one of a fixed set of reasons.

    Show users only whether the URL is usable, because the reasons would reveal which private hosts exist.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Reply:
    """A response. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Sender:
    """Sends requests. One per process.

    `allowed` lists the private hosts that may be used, `own_hosts` lists this installation's own names, and
    `ca_file` contains additional certificate authorities. `resolve` and `backend` replace the system's
    resolver and network in tests.
    """

    def __init__(
        self,
        allowed: AllowedHosts | None = None,
        *,
        ca_file: Path | None = None,
        own_hosts: Iterable[str] = (),
        resolve: Resolve | None = None,
        backend: httpcore.AsyncNetworkBackend | None = None,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._allowed = allowed or AllowedHosts()
        self._own = frozenset(own_hosts)
        self._ca_file = ca_file
        self._resolve = resolve or _Resolver().addresses_of
        self._backend: httpcore.AsyncNetworkBackend = backend or httpcore.AnyIOBackend()  # pyright: ignore[reportAttributeAccessIssue]
        self._total = total_seconds
        self._context: ssl.SSLContext | None = None
        self._slots = asyncio.Semaphore(AT_ONCE)

    def check_url(self, url: str) -> None:
        """Raise `UnusableDestination` if no request to this URL is allowed, wherever its host resolves to."""
        destination = parse_destination(url, self._allowed)
        if self._is_ours(destination):
            raise UnusableDestination("the URL points to this server")

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        most_bytes: int = MOST_BYTES,
    ) -> Reply:
        """Send a request and return the response, regardless of its status. Raises `NotSent`.

        This takes at most ten seconds, including at most five for connecting.
        """
        try:
            destination = parse_destination(url, self._allowed)
        except UnusableDestination:
            raise NotSent(Reason.BAD_URL) from None
        if self._slots.locked():
            raise NotSent(Reason.CROWDED)
        try:
            async with self._slots, asyncio.timeout(self._total):
                addresses = await self._checked(destination)
                return await self._exchange(
                    method, destination, addresses, headers or {}, body, most_bytes
                )
        except (TimeoutError, httpcore.TimeoutException):
            raise NotSent(Reason.TIMEOUT) from None
        except ssl.SSLError:
            raise NotSent(Reason.TLS) from None
        except (httpcore.NetworkError, OSError) as error:
            tls = isinstance(error.__cause__ or error.__context__, ssl.SSLError)
            raise NotSent(Reason.TLS if tls else Reason.UNREACHABLE) from None
        except httpcore.ProtocolError:
            raise NotSent(Reason.MALFORMED) from None

    async def _checked(self, destination: Destination) -> Sequence[str]:
        """Return the addresses of the destination. Raises `NotSent` unless all of them are allowed."""
        host, port = destination.host, destination.port
        listed = self._allowed.has_name(host, port)
        if self._is_ours(destination):
            raise NotSent(Reason.DENIED_ADDRESS)
        if destination.is_address:
            found: Sequence[str] = [host]
        else:
            try:
                found = await self._resolve(host, port)
            except OSError:
                raise NotSent(Reason.UNRESOLVED) from None
        if not found or len(found) > MOST_ADDRESSES:
            raise NotSent(Reason.UNRESOLVED)
        networks = _PRIVATE if listed else self._allowed.networks
        for text in found:
            address = parse_address(text)
            if address is None or is_denied(address, networks):
                raise NotSent(Reason.DENIED_ADDRESS)
        return found

    def _is_ours(self, destination: Destination) -> bool:
        host = destination.host
        if self._allowed.has_name(host, destination.port):
            return False
        return is_local_name(host) or host in self._own

    async def _exchange(
        self,
        method: str,
        destination: Destination,
        addresses: Sequence[str],
        headers: Mapping[str, str],
        body: bytes,
        most_bytes: int,
    ) -> Reply:
        host = f"[{destination.host}]" if ":" in destination.host else destination.host
        sent = {
            "Host": host if destination.port == 443 else f"{host}:{destination.port}",  # noqa: PLR2004 -- HTTPS
            "Accept-Encoding": "identity",
            "Connection": "close",
            **headers,
        }
        if body:
            sent["Content-Length"] = str(len(body))
        url = httpcore.URL(
            scheme=b"https",
            host=host.encode(),
            port=destination.port,
            target=destination.target.encode(),
        )
        pool = httpcore.AsyncConnectionPool(
            ssl_context=await self._tls(),
            max_connections=1,
            max_keepalive_connections=0,
            http2=False,
            network_backend=_Pinned(self._backend, addresses),
        )
        timeouts = {"connect": CONNECT_SECONDS, "read": None, "write": None, "pool": None}
        async with (
            pool,
            pool.stream(
                method,
                url,
                headers=[(name.encode(), value.encode()) for name, value in sent.items()],
                content=body,
                extensions={"timeout": timeouts},
            ) as response,
        ):
            if response.status in _REDIRECTS:
                raise NotSent(Reason.REDIRECT)
            parts: list[bytes] = []
            size = 0
            async for part in response.aiter_stream():
                size += len(part)
                if size > most_bytes:
                    raise NotSent(Reason.TOO_LARGE)
                parts.append(part)
        found = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in response.headers}
        return Reply(response.status, found, b"".join(parts))

    async def _tls(self) -> ssl.SSLContext:
        """Return the TLS context. Creating it is slow, because it reads the system's certificates."""
        if self._context is None:
            self._context = await asyncio.to_thread(_context, self._ca_file)
        return self._context


class _Pinned(httpcore.AsyncNetworkBackend):
    """Connects to the given addresses, in order, regardless of the requested host."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend, addresses: Sequence[str]) -> None:
        self._backend = backend
        self._addresses = addresses

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- httpcore's interface
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that accepts. The timeout applies to all attempts together."""
        del host, local_address
        problem: Exception = httpcore.ConnectError("no address")
        async with asyncio.timeout(timeout):
            for address in self._addresses:
                try:
                    return await self._backend.connect_tcp(
                        address, port, timeout=timeout, socket_options=socket_options
                    )
                except (httpcore.NetworkError, OSError) as error:
                    problem = error
        raise problem


class _Resolver:
    """The system's resolver, in its own threads, because an unresponsive name server can block them."""

    def __init__(self) -> None:
        self._threads: ThreadPoolExecutor | None = None

    async def addresses_of(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a host. Raises `OSError`."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(RESOLVING_AT_ONCE, thread_name_prefix="resolve")
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return [str(each[4][0]) for each in found]


def _context(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


_PRIVATE = AllowedHosts.parse(
    "10.0.0.0/8,100.64.0.0/10,172.16.0.0/12,192.168.0.0/16,127.0.0.0/8,::1,fc00::/7"
).networks
"""The private networks that a host can be in if the administrator allows it by name."""
