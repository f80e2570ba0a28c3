"""Websockets over real sockets: only on their own paths, and limited before and after they open."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from strongroom_server.limits import RESERVE
from strongroom_server.serving.http_protocol import Patience
from strongroom_server.serving.http_server import MOST_SOCKET_BYTES, PATIENCE, serving, take_port
from strongroom_testkit.raw_socket import raw_socket

GENEROUS_SECONDS = 60.0
PATHS = frozenset({b"/_event", b"/_event/"})
HANDSHAKE = (
    "GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
)


class Echo:
    """Echoes messages, answers HTTP requests with their path, and remembers the types of connections."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.go_on = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            return
        self.seen.append(scope["type"])
        if scope["type"] == "http":
            if scope["path"] == "/slow":
                await self.go_on.wait()
            body = scope["path"].encode()
            headers = [(b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message.get("text") or ""})


@asynccontextmanager
async def echoing(
    patience: Patience = PATIENCE, paths: frozenset[bytes] = PATHS
) -> AsyncGenerator[tuple[Echo, int]]:
    """Serve for the duration of the block; yields the application and its port."""
    application, sockets = Echo(), take_port("127.0.0.1", 0)
    async with serving(application, sockets, patience=patience, socket_paths=paths):
        yield application, sockets[0].getsockname()[1]


async def said_to(port: int, request: bytes, *, seconds: float = 1.0) -> bytes:
    """Send bytes and return whatever arrives within a short time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    said = b""
    try:
        async with asyncio.timeout(seconds):
            while more := await reader.read(65536):
                said += more
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.close()
    return said


async def test_messages_are_sent_and_received() -> None:
    """Decision 2: dashboard events use a websocket on the same port as everything else."""
    async with echoing() as (_, port), raw_socket(port) as socket:
        socket.send("hello")
        await socket.until(lambda: bool(socket.texts))

    assert 101 == socket.status
    assert ["hello"] == socket.texts


async def test_websockets_have_no_time_limit() -> None:
    """The time limits on requests no longer apply after a connection has become a websocket."""
    patience = Patience(head=0.3, body=0.3)
    async with echoing(patience) as (_, port), raw_socket(port) as socket:
        await asyncio.sleep(1.0)
        socket.send("still there")
        await socket.until(lambda: bool(socket.texts))

    assert ["still there"] == socket.texts


async def test_before_it_is_one_everything_is_bounded() -> None:
    """A handshake that never arrives is cut off like any request."""
    async with echoing(Patience(head=0.3, body=0.3)) as (application, port):
        whole = HANDSHAKE.format(target="/_event/", more="").encode()
        late = await said_to(port, whole[:-2], seconds=GENEROUS_SECONDS)
        huge = await said_to(port, whole[:-2] + b"X: " + b"a" * 70_000)

    assert late.startswith(b"HTTP/1.1 400 ")
    assert b"101" not in huge
    assert [] == application.seen


@pytest.mark.parametrize(
    "target",
    ["/", "/v1/secrets", "/api/session", "/_event/more", "/_events", "/%5fevent", "/_EVENT"],
)
async def test_no_other_path_becomes_a_websocket(target: str) -> None:
    """Decision 2: on any other path, a websocket request is an ordinary request."""
    async with echoing() as (application, port):
        said = await said_to(port, HANDSHAKE.format(target=target, more="").encode())

    assert said.startswith(b"HTTP/1.1 200 ")
    assert ["http"] == application.seen


async def test_no_websockets_without_a_dashboard() -> None:
    """`serve --only api` has no websockets."""
    async with echoing(paths=frozenset()) as (application, port):
        said = await said_to(port, HANDSHAKE.format(target="/_event/", more="").encode())

    assert said.startswith(b"HTTP/1.1 200 ")
    assert ["http"] == application.seen


async def test_a_message_has_256_kib() -> None:
    """A larger message closes the socket; one of exactly the maximum size doesn't."""
    async with echoing() as (_, port):
        async with raw_socket(port) as socket:
            socket.send("a" * MOST_SOCKET_BYTES)
            await socket.until(lambda: bool(socket.texts))
        async with raw_socket(port) as other:
            other.send("a" * (MOST_SOCKET_BYTES + 1))
            await other.until(lambda: other.closed is not None)

    assert [MOST_SOCKET_BYTES] == [len(text) for text in socket.texts]
    assert [] == other.texts
    assert other.closed in (1009, 1006)


async def test_messages_are_not_packed() -> None:
    """A compressed message could decompress to more than fits in memory before its size is known."""
    offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
    async with echoing() as (_, port):
        said = await said_to(port, HANDSHAKE.format(target="/_event/", more=offer).encode())

    assert said.startswith(b"HTTP/1.1 101 ")
    assert b"permessage-deflate" not in said


async def test_no_answer_is_written_into_a_websocket() -> None:
    """If an earlier request on the same connection is still unanswered, the connection is closed."""
    async with echoing() as (application, port):
        first = b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"
        handshake = HANDSHAKE.format(target="/_event/", more="").encode()
        said = await said_to(port, first + handshake)
        application.go_on.set()

    assert b"101" not in said
    assert "websocket" not in application.seen


async def test_a_socket_counts_as_a_connection() -> None:
    """Once only the reserve of descriptors is left, websockets are rejected as well."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with echoing() as (application, port):
        free = os.open("/", os.O_PATH)
        os.close(free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free + RESERVE, hard))
        try:
            async with raw_socket(port) as socket:
                pass
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert 0 == socket.status
    assert 1006 == socket.closed
    assert [] == application.seen
