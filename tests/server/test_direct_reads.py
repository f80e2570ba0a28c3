"""Reads that the HTTP server serves without ASGI: which ones, and that the limits still apply to them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from strongroom_server.serving.http_protocol import MOST_HEAD_BYTES, Patience
from strongroom_server.serving.http_server import PATIENCE, serving, take_port

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

GENEROUS_SECONDS = 60.0
READ = b"GET /v1/secret/sk_a HTTP/1.1\r\nHost: localhost\r\n"


class Application:
    """Responds with `asgi`."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Respond to every request, once its body has arrived."""
        if scope["type"] != "http":
            return
        while (await receive()).get("more_body"):
            pass
        headers = [(b"content-length", b"4")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"asgi"})


class Reads:
    """Responds with `direct`, once it may."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.seen: list[tuple[bytes, list[bytes], str]] = []

    async def __call__(self, path: bytes, headers: Any, client: Any, respond: Any) -> None:
        """Serve a read."""
        self.seen.append((path, [name for name, _ in headers], client[0]))
        await self.may_answer.wait()
        if path.endswith(b"broken"):
            raise RuntimeError("a defect")
        await respond(200, [(b"content-length", b"6")], b"direct")


@asynccontextmanager
async def answered(
    patience: Patience = PATIENCE,
) -> AsyncGenerator[tuple[Reads, asyncio.StreamReader, asyncio.StreamWriter]]:
    """Serve both for the duration of the block, and connect to them."""
    reads, sockets = Reads(), take_port("127.0.0.1", 0)
    async with serving(Application(), sockets, patience=patience, serve_read=reads):
        reader, writer = await asyncio.open_connection(*sockets[0].getsockname())
        try:
            yield reads, reader, writer
        finally:
            writer.close()


async def answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Return the next response's head and body."""
    async with asyncio.timeout(GENEROUS_SECONDS):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return head, await reader.readexactly(length)


async def rest(reader: asyncio.StreamReader) -> bytes:
    """Return everything until the server closes the connection."""
    return await asyncio.wait_for(reader.read(), GENEROUS_SECONDS)


async def test_a_read_is_served_directly() -> None:
    """R-4: an ordinary read gets the response, a date, and another response on the same connection."""
    async with answered() as (reads, reader, writer):
        for _ in range(2):
            writer.write(READ + b"Connection: keep-alive\r\nX-Nonce: n\r\n\r\n")
            head, body = await answer(reader)

            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"\r\ndate: " in head.lower()
            assert b"connection" not in head.lower()
            assert body == b"direct"

    assert (
        reads.seen == [(b"/v1/secret/sk_a", [b"host", b"connection", b"x-nonce"], "127.0.0.1")] * 2
    )


@pytest.mark.parametrize(
    "request_head",
    [
        b"HEAD /v1/secret/sk_a HTTP/1.1\r\n",
        b"POST /v1/secret/sk_a HTTP/1.1\r\n",
        b"GET /v1/secret/sk_a HTTP/1.0\r\n",
        b"GET /v1/secret/sk_a?x HTTP/1.1\r\n",
        b"GET /v1/secret/sk_%61 HTTP/1.1\r\n",
        b"GET /v1/secret/sk_a/ HTTP/1.1\r\n",
        b"GET /v1/secrets HTTP/1.1\r\n",
        b"GET http://localhost/v1/secret/sk_a HTTP/1.1\r\n",
        b"GET /v1/secret/sk_a HTTP/1.1\r\nContent-Length: 0\r\n",
        b"GET /v1/secret/sk_a HTTP/1.1\r\nContent-Encoding: gzip\r\n",
        b"GET /v1/secret/sk_a HTTP/1.1\r\nExpect: 100-continue\r\n",
        b"GET /v1/secret/sk_a HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n",
    ],
)
async def test_other_requests_go_through_asgi(request_head: bytes) -> None:
    """R-4: anything that isn't an ordinary read is served as before."""
    async with answered() as (reads, reader, writer):
        writer.write(request_head + b"Host: localhost\r\n\r\n")
        said = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), GENEROUS_SECONDS)

    assert b" 200 OK\r\n" in said or b" 100 Continue\r\n" in said
    assert reads.seen == []


async def test_a_body_is_not_mixed_up_with_the_next_request() -> None:
    """WIRE 1: a read with a body is left to the application, whose API rejects the body."""
    async with answered() as (reads, reader, writer):
        writer.write(
            READ + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n" + READ + b"\r\n"
        )
        bodies = [(await answer(reader))[1] for _ in range(2)]

    assert bodies[0] == b"asgi"
    assert len(reads.seen) <= 1


async def test_requests_sent_at_once_are_answered_in_order() -> None:
    """R-4: requests behind an unanswered read wait for its response."""
    async with answered() as (reads, reader, writer):
        reads.may_answer.clear()
        writer.write(
            READ + b"\r\n" + READ + b"\r\n" + b"GET /v1/secrets HTTP/1.1\r\nHost: a\r\n\r\n"
        )
        while not reads.seen:
            await asyncio.sleep(0.01)
        reads.may_answer.set()
        bodies = [(await answer(reader))[1] for _ in range(3)]

    assert bodies == [b"direct", b"asgi", b"asgi"]


async def test_a_client_that_closes_gets_no_response() -> None:
    """R-4: if the client has gone, the read ends without an error, and others are served."""
    async with answered() as (reads, _, writer):
        reads.may_answer.clear()
        writer.write(READ + b"Connection: close\r\n\r\n")
        while not reads.seen:
            await asyncio.sleep(0.01)
        port = writer.get_extra_info("peername")[1]
        writer.transport.abort()
        reads.may_answer.set()
        again, other = await asyncio.open_connection("127.0.0.1", port)
        other.write(READ + b"Connection: close\r\n\r\n")
        said = await rest(again)
        other.close()

    assert said.endswith(b"direct")
    assert b"\r\nconnection: close\r\n" in said


async def test_a_defect_closes_the_connection() -> None:
    """A read that ends without a response isn't left waiting."""
    async with answered() as (_, reader, writer):
        writer.write(READ.replace(b"sk_a", b"broken") + b"\r\n")
        said = await rest(reader)

    assert said == b""


async def test_the_limits_apply() -> None:
    """H-4: a head that is too large or too slow is rejected."""
    async with answered() as (large, reader, writer):
        writer.write(READ + b"X: " + b"x" * 2 * MOST_HEAD_BYTES)
        too_large = await rest(reader)
    async with answered(Patience(head=0.3)) as (slow, reader, writer):
        writer.write(READ)
        too_slow = await rest(reader)

    assert too_large.startswith(b"HTTP/1.1 400 ")
    assert too_slow.startswith(b"HTTP/1.1 400 ")
    assert large.seen == slow.seen == []


async def test_a_malformed_request_ends_an_unanswered_read() -> None:
    """H-4: what follows a read must be a request. Otherwise, the only response is the rejection."""
    async with answered() as (reads, reader, writer):
        reads.may_answer.clear()
        writer.write(READ + b"\r\n" + b"not a request\r\n\r\n")
        said = await rest(reader)
        reads.may_answer.set()

    assert said.startswith(b"HTTP/1.1 400 ")
    assert said.count(b"HTTP/1.1") == 1
