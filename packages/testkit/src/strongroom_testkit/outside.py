"""A simulated internet for tests of outgoing requests: names, addresses, and real HTTPS servers on loopback.

::

    async with Outside(folder) as outside:
        await outside.serve("issuer.example", "8.8.4.4", {"/keys": answer(200, b"{}")})
        sender = outside.sender()

The sender checks addresses and TLS as in production. Only the last step is different: a connection to a
simulated server's address goes to that server's port on loopback, and every attempt is recorded.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import httpcore

from strongroom_core.outbound.destination import AllowedHosts
from strongroom_core.outbound.sender import TOTAL_SECONDS, Sender
from strongroom_testkit.certificate import issue

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


def answer(status: int, body: bytes = b"", *headers: tuple[str, str]) -> Answer:
    """Return a handler that sends this response."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *map(": ".join, headers)]

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await writer.drain()

    return send


def trickle(seconds: float = 0.05) -> Answer:
    """Return a response whose body never ends, one byte at a time."""

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(seconds)

    return send


def silence() -> Answer:
    """Send nothing, and keep the connection open."""

    async def send(_writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    return send


@dataclass(frozen=True, slots=True)
class Received:
    """A request that a server has received. Header names are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Outside(httpcore.AsyncNetworkBackend):
    """Names, servers, and a record of connections."""

    folder: Path
    names: dict[str, list[list[str]]] = field(default_factory=dict[str, list[list[str]]])
    """For each name, the addresses in each successive answer. The last answer is repeated."""
    connected: list[str] = field(default_factory=list[str])
    requested: list[str] = field(default_factory=list[str])
    received: list[Received] = field(default_factory=list[Received])
    _ports: dict[str, int] = field(default_factory=dict[str, int])
    _servers: list[asyncio.Server] = field(default_factory=list[asyncio.Server])
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set[asyncio.Task[Any]])
    _authorities: list[bytes] = field(default_factory=list[bytes])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for server in self._servers:
            server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def sender(
        self,
        allowed: str = "",
        *,
        own_hosts: Sequence[str] = (),
        total_seconds: float = TOTAL_SECONDS,
    ) -> Sender:
        """Return a sender that trusts the servers' certificates and can reach only these servers."""
        return Sender(
            AllowedHosts.parse(allowed),
            ca_file=self.ca_file,
            own_hosts=own_hosts,
            resolve=self.resolve,
            backend=self,
            total_seconds=total_seconds,
        )

    @property
    def ca_file(self) -> Path | None:
        """The file with the certificates of all servers so far."""
        if not self._authorities:
            return None
        file = self.folder / "authorities.pem"
        file.write_bytes(b"".join(self._authorities))
        return file

    async def serve(
        self,
        name: str,
        address: str,
        answers: Mapping[str, Answer],
        *,
        certificate_for: str | None = None,
    ) -> None:
        """Serve paths under a name at an address. The certificate is for that name by default."""
        issued = issue(self.folder, certificate_for or name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(issued.chain, issued.key)
        self._authorities.append(issued.chain.read_bytes())

        async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            if task is not None:
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                path = head.split(" ", 2)[1]
                self.requested.append(path)
                pairs = [line.split(": ", 1) for line in head.split("\r\n")[1:] if line]
                headers = {name.lower(): text for name, text in pairs}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.received.append(Received(path, headers, body))
                await answers.get(path, answer(404))(writer)
            writer.close()

        server = await asyncio.start_server(serve_one, "127.0.0.1", 0, ssl=context)
        self._servers.append(server)
        self._ports[address] = server.sockets[0].getsockname()[1]
        self.names.setdefault(name, [[address]])

    async def resolve(self, host: str, _port: int) -> Sequence[str]:
        """Return the next answer for a name."""
        answers = self.names.get(host)
        if not answers:
            raise socket.gaierror
        return answers.pop(0) if len(answers) > 1 else answers[0]

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- httpcore's interface
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:
        """Record the attempt, and connect to the simulated server at this address."""
        del port, local_address
        self.connected.append(host)
        if host not in self._ports:
            raise httpcore.ConnectError("nobody is there")
        network: Any = httpcore.AnyIOBackend()
        return await network.connect_tcp(
            "127.0.0.1", self._ports[host], timeout=timeout, socket_options=socket_options
        )
