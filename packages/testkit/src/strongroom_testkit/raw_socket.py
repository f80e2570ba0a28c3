"""A websocket client that sends exactly what a test specifies, even what no browser would send."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

GENEROUS_SECONDS = 60.0
EVENTS = "/_event/?EIO=4&transport=websocket&token="
_NAMESPACE = "/_event,"


@dataclass(slots=True)
class RawSocket:
    """One connection. `status` is the status of the handshake's response: 101 for a websocket."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    protocol: WSConnection = field(default_factory=lambda: WSConnection(ConnectionType.CLIENT))
    status: int = 0
    extensions: int = 0
    texts: list[str] = field(default_factory=list[str])
    closed: int | None = None
    """The server's close code, or 1006 if the connection ended without one."""

    _part: str = ""

    def send(self, text: str) -> None:
        """Send one text message."""
        self.writer.write(self.protocol.send(TextMessage(data=text)))

    def send_event(self, name: str, **payload: Any) -> None:
        """Send an event, like a page of the dashboard (Socket.IO 5)."""
        event: dict[str, Any] = {
            "token": "",
            "name": name,
            "router_data": {"pathname": "/", "query": {}, "asPath": "/"},
            "payload": payload,
        }
        self.send(f"42{_NAMESPACE}{json.dumps(['event', event])}")

    def enter(self) -> None:
        """Join the namespace for events, as every page does first."""
        self.send(f"40{_NAMESPACE}")

    async def until(self, holds: Callable[[], bool], seconds: float = GENEROUS_SECONDS) -> bool:
        """Receive until a condition is true or the connection ends, and return whether it is true."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not holds() and self.closed is None:
                    self._take(await self._read())
        return holds()

    async def quiet(self, seconds: float) -> None:
        """Receive for a number of seconds."""
        await self.until(lambda: False, seconds)

    async def answer_to(self, name: str, **payload: Any) -> str:
        """Send an event, and return the message that responds to it, or an empty string if there is none."""
        before = len(self.texts)
        self.send_event(name, **payload)
        await self.until(lambda: len(self.texts) > before, seconds=10.0)
        return "".join(self.texts[before:])

    async def _read(self) -> bytes:
        try:
            return await self.reader.read(65536)
        except ConnectionError:
            return b""

    def _take(self, data: bytes) -> None:
        if not data:
            self.closed = self.closed or 1006
            return
        self.protocol.receive_data(data)
        for event in self.protocol.events():
            if isinstance(event, AcceptConnection):
                self.status, self.extensions = 101, len(event.extensions)
            elif isinstance(event, RejectConnection):
                self.status = event.status_code
            elif isinstance(event, TextMessage):
                self._part += event.data
                if event.message_finished:
                    self.texts.append(self._part)
                    self._part = ""
            elif isinstance(event, CloseConnection):
                self.closed = event.code
            elif isinstance(event, Ping):
                self.writer.write(self.protocol.send(event.response()))


@contextlib.asynccontextmanager
async def raw_socket(
    port: int,
    target: str = f"{EVENTS}t",
    headers: Sequence[tuple[str, str]] = (),
    source: str | None = None,
) -> AsyncGenerator[RawSocket]:
    """Open a websocket and wait for the response. `headers` are sent in addition to the handshake's.

    `source` is the local address from which to connect.
    """
    local = None if source is None else (source, 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=local)
    socket = RawSocket(reader, writer)
    request = Request(
        host=f"localhost:{port}",
        target=target,
        extra_headers=[(name.encode(), value.encode()) for name, value in headers],
    )
    try:
        writer.write(socket.protocol.send(request))
        await socket.until(lambda: bool(socket.status))
        yield socket
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
