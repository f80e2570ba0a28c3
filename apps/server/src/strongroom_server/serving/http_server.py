"""HTTP on our own sockets: uvicorn in this process, without its signal handlers, log and headers."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
import uvicorn

from strongroom_core.kernel.errors import Conflict, Invalid
from strongroom_server.limits import raise_descriptor_limit
from strongroom_server.serving.http_protocol import (
    BoundedProtocol,
    NetworkShares,
    Patience,
    ServeRead,
)
from strongroom_server.serving.served_context import ServedContext, fingerprint_shown

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterator, Sequence

    from strongroom_core.kernel.origin import Network

LOCALHOST = "localhost"
BACKLOG = 512
GRACE_SECONDS = 5
IDLE_SECONDS = 75
RELOAD_SECONDS = 5.0
MOST_SOCKET_BYTES = 256 * 1024
"""The size limit for a message over a websocket."""

SOCKET_PING_SECONDS = 20.0
"""Seconds between two pings, and the seconds that a response can take."""

PATIENCE = Patience()

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Certificate:
    """The PEM files of a certificate chain and its key."""

    chain: Path
    key: Path

    def load_into(self, context: ssl.SSLContext) -> None:
        """Use the files for new connections. Raises `Invalid`."""
        try:
            context.load_cert_chain(self.chain, self.key)
        except (OSError, ssl.SSLError) as error:
            raise Invalid(
                f"can't use certificate {self.chain} with key {self.key}:"
                f" {error.strerror or type(error).__name__}"
            ) from None

    def changed_at(self) -> tuple[int, int]:
        """When each file was last changed, or zero for a file that is being replaced."""
        return (_changed_at(self.chain), _changed_at(self.key))


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect to `host`."""
    if host == LOCALHOST:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def require_protected(
    host: str, *, certificate: Certificate | None, behind_proxy: bool, insecure: bool
) -> None:
    """Raise `Invalid` if passwords and secrets would cross a network unencrypted (H-6)."""
    if is_loopback(host) or certificate is not None or behind_proxy or insecure:
        return
    raise Invalid(
        f"{host} can be reached from other machines, and this would be plain HTTP; use"
        " --certificate and --key, or set STRONGROOM_TRUSTED_PROXIES to your proxy, or accept the"
        " risk with --insecure-http"
    )


def take_port(host: str, port: int) -> list[socket.socket]:
    """Bind host and port, on 127.0.0.1 and ::1 for `localhost`, without listening.

    Port 0 chooses a free port, the same on both. Raises `Conflict` if the port is in use, and `Invalid` for
    an address that doesn't belong to this machine.
    """
    taken: list[socket.socket] = []
    try:
        for family, address in _addresses(host):
            # IPv6 may be disabled, and then localhost's IPv4 address is enough.
            with contextlib.suppress(_NotThere) if taken else contextlib.nullcontext():
                taken.append(_bind(family, address, taken[0].getsockname()[1] if taken else port))
    except BaseException:
        for each in taken:
            each.close()
        raise
    return taken


class _NotThere(Invalid):
    """The address doesn't belong to this machine."""


def _addresses(host: str) -> Iterator[tuple[socket.AddressFamily, str]]:
    if host == LOCALHOST:
        yield socket.AF_INET, "127.0.0.1"
        yield socket.AF_INET6, "::1"
        return
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        raise Invalid(f"{host} is not an address of this machine; choose another --host") from None
    family, *_rest, address = found[0]
    yield family, str(address[0])


def _bind(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    try:
        bound = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        raise _NotThere(f"this machine doesn't have {address}") from None
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind((address, port))
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise _in_use(address, port) from None
        if error.errno == errno.EACCES:
            raise Conflict(
                f"port {port} needs more privileges; choose another with --port"
            ) from None
        raise _NotThere(
            f"{address} is not an address of this machine; choose another --host"
        ) from None
    return bound


def _in_use(address: str, port: int) -> Conflict:
    return Conflict(
        f"port {port} on {address} is in use by another program; stop it, or choose another with"
        " --port"
    )


def _listen(sockets: list[socket.socket]) -> None:
    for each in sockets:
        try:
            each.listen(BACKLOG)
        except OSError:
            # Two programs can bind the same port; the second one to listen gets an error.
            address, port = each.getsockname()[:2]
            raise _in_use(address, port) from None


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers, because signals belong to the whole process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(
    app: Any,
    sockets: list[socket.socket],
    certificate: Certificate | None = None,
    patience: Patience = PATIENCE,
    socket_paths: frozenset[bytes] = frozenset(),
    trusted: Sequence[Network] = (),
    serve_read: ServeRead | None = None,
) -> AsyncGenerator[None]:
    """Serve on the sockets for the duration of the block, which starts once connections are accepted.

    Requests to `socket_paths` can become websockets. `trusted` proxies can open any number of connections.
    `serve_read` gets the reads of values that don't need ASGI.

    Raises `Conflict` if another program listens on the port, and `Invalid` for an unusable certificate.
    """
    raise_descriptor_limit()
    context = _tls(certificate) if certificate is not None else None
    _listen(sockets)
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        server_header=False,
        # The API parses forwarding headers itself, in one place (`kernel/origin.py`).
        proxy_headers=False,
        lifespan="auto",
        ws="wsproto" if socket_paths else "none",
        ws_max_size=MOST_SOCKET_BYTES,
        ws_ping_interval=SOCKET_PING_SECONDS,
        ws_ping_timeout=SOCKET_PING_SECONDS,
        # A small message could decompress into a large one before its size is known.
        ws_per_message_deflate=False,
        loop="none",
        http=partial(  # pyright: ignore[reportArgumentType]
            BoundedProtocol,
            patience=patience,
            networks=NetworkShares(trusted),
            socket_paths=socket_paths,
            serve_read=serve_read,
        ),
        backlog=BACKLOG,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ssl_context_factory=(lambda _config, _default: context) if context is not None else None,  # pyright: ignore[reportArgumentType]
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets))
    renewing = (
        asyncio.create_task(_renew(certificate, context))
        if certificate is not None and context is not None
        else None
    )
    try:
        # uvicorn has no event for this, only a flag.
        while not server.started and not task.done():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        if task.done():
            task.result()
            raise Conflict("the HTTP server exited during startup")
        yield
    finally:
        if renewing is not None:
            renewing.cancel()
        server.should_exit = True
        await asyncio.shield(task)


def _tls(certificate: Certificate) -> ServedContext:
    return ServedContext(_context(certificate))


def _context(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    certificate.load_into(context)
    return context


async def _renew(certificate: Certificate, served: ServedContext) -> None:
    """Use a renewed certificate for new connections. If it is unusable, keep the old one.

    The chain and the key are separate files. Between the two renames, they don't match; the
    certificate is then renewed after the second rename.
    """
    used = certificate.changed_at()
    while True:
        await asyncio.sleep(RELOAD_SECONDS)
        found = await asyncio.to_thread(certificate.changed_at)
        if found == used:
            continue
        used = found
        try:
            served.current = await asyncio.to_thread(_context, certificate)
        except Invalid as error:
            _log.warning("certificate_not_renewed", reason=error.message)
        else:
            _log.info(
                "certificate_renewed",
                chain=str(certificate.chain),
                sha256=fingerprint_shown(served.current),
            )


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
