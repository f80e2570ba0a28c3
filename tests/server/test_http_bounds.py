"""Limits on unknown clients before the HTTP server has parsed a request, over real sockets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any

import pytest

from strongroom_core.kernel.shares import Shares
from strongroom_server.serving import http_protocol
from strongroom_server.serving.http_protocol import MOST_HEAD_BYTES, Patience, unsent
from strongroom_server.serving.http_server import PATIENCE, serving, take_port

GENEROUS_SECONDS = 60.0
HEAD = b"POST /take HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"


class Application:
    """Reads request bodies, and remembers them."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, list[bytes], int]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Respond once the body has arrived."""
        if scope["type"] != "http":
            return
        more, size = True, 0
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            size += len(message["body"])
            more = message["more_body"]
        self.taken.append((scope["path"], [name for name, _ in scope["headers"]], size))
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def answered(
    patience: Patience = PATIENCE, application: Application | None = None
) -> AsyncGenerator[tuple[Application, asyncio.StreamReader, asyncio.StreamWriter]]:
    """Serve the application for the duration of the block, and connect to it."""
    application, sockets = application or Application(), take_port("127.0.0.1", 0)
    async with serving(application, sockets, patience=patience):
        reader, writer = await asyncio.open_connection(*sockets[0].getsockname())
        try:
            yield application, reader, writer
        finally:
            writer.close()


async def rest(reader: asyncio.StreamReader) -> bytes:
    """Return everything until the server closes the connection."""
    try:
        return await asyncio.wait_for(reader.read(), GENEROUS_SECONDS)
    except ConnectionResetError:
        return b"reset"


@pytest.mark.parametrize("split", [False, True], ids=["one read", "two reads"])
async def test_trailers_are_rejected(split: bool) -> None:
    """WIRE 1: no header can arrive after the body, when the headers have already been checked."""
    async with answered() as (application, reader, writer):
        writer.write(HEAD + b"2\r\nhi\r\n0\r\n")
        if split:
            await writer.drain()
            await asyncio.sleep(0.2)
        writer.write(b"Origin: http://localhost\r\n\r\n")
        said = await rest(reader)

    assert said.startswith(b"HTTP/1.1 400 ")
    assert said.count(b"HTTP/1.1") == 1
    assert [] == application.taken


async def test_a_trailer_without_end_is_cut_off() -> None:
    """The parser buffers a header's name until its end, but can't fill the memory."""
    sent, most = 0, 20_000_000
    async with answered() as (application, reader, writer):
        writer.write(HEAD + b"2\r\nhi\r\n0\r\n")
        try:
            while sent < most and not reader.at_eof():
                writer.write(b"a" * 10_000)
                await writer.drain()
                await asyncio.sleep(0)
                sent += 10_000
        except OSError:
            pass

    assert sent < most
    assert [] == application.taken


async def test_chunked_bodies() -> None:
    """A body can be sent in chunks of any size, and another request on the same connection."""
    async with answered() as (application, reader, writer):
        for _ in range(2):
            writer.write(HEAD)
            for _ in range(40):
                writer.write(b"1388\r\n" + b"a" * 5000 + b"\r\n")
                await writer.drain()
            writer.write(b"0\r\n\r\n")
            said = await asyncio.wait_for(reader.readuntil(b"\r\n\r\nok"), GENEROUS_SECONDS)

            assert said.startswith(b"HTTP/1.1 200 ")

    assert [200_000] * 2 == [size for _, _, size in application.taken]


@pytest.mark.parametrize("target", ["/v1/secrets#x", "http://localhost/v1/secrets#", "/a?b#c"])
async def test_a_fragment_is_rejected(target: str) -> None:
    """WIRE 1: the server would remove a fragment before the application could reject it."""
    async with answered() as (application, reader, writer):
        writer.write(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        said = await rest(reader)

    assert said.startswith(b"HTTP/1.1 400 ")
    assert [] == application.taken


@pytest.mark.parametrize("target", ["/v1/secrets?", "http://localhost/v1/secrets"])
async def test_two_other_forms_pass_as_their_path(target: str) -> None:
    """WIRE 1: an absolute target and a bare question mark reach the application as the path."""
    async with answered() as (application, reader, writer):
        writer.write(
            f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        )
        said = await rest(reader)

    assert said.startswith(b"HTTP/1.1 200 ")
    assert ["/v1/secrets"] == [path for path, _, _ in application.taken]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", b""),
        (b"\r\n", b""),
        (b"GET /take HTT", b"HTTP/1.1 400 "),
        (b"GET /take HTTP/1.1\r\nHost: localhost\r\n", b"HTTP/1.1 400 "),
        (b"POST /take HTTP/1.1\r\nContent-Length: 9\r\n\r\nhi", b"HTTP/1.1 400 "),
        (HEAD + b"2\r\nhi\r\n", b"HTTP/1.1 400 "),
    ],
    ids=["nothing", "empty line", "target", "head", "body", "chunks"],
)
async def test_stalled_clients_are_cut_off(sent: bytes, status: bytes) -> None:
    """A request that never arrives doesn't keep its connection, and half a body has no effect."""
    async with answered(Patience(head=0.3, body=0.5)) as (application, reader, writer):
        writer.write(sent)
        said = await rest(reader)

    assert status == said[: len(b"HTTP/1.1 400 ")]
    assert [] == application.taken


async def test_a_head_byte_by_byte_has_one_time_limit() -> None:
    """Bytes that trickle in don't extend the time; each request on a connection has its own time limit."""
    async with answered(Patience(head=1.0, body=1.0)) as (application, reader, writer):
        writer.write(b"GET /take HTTP/1.1\r\n\r\n")
        await asyncio.wait_for(reader.readuntil(b"ok"), GENEROUS_SECONDS)
        await asyncio.sleep(1.5)
        began = time.monotonic()
        writer.write(b"GET /take HTTP/1.1\r\nX: ")
        reading = asyncio.create_task(rest(reader))
        while not reading.done() and time.monotonic() - began < GENEROUS_SECONDS:
            writer.write(b"a")
            await asyncio.sleep(0.05)
        said = await reading

    assert 0.9 < time.monotonic() - began < GENEROUS_SECONDS
    assert said.startswith(b"HTTP/1.1 400 ") or said == b"reset"
    assert 1 == len(application.taken)


class Generous(Application):
    """Sends a larger response than the operating system accepts at once."""

    SIZE = 32_000_000

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send the response."""
        if scope["type"] != "http":
            return
        headers = [(b"content-length", str(self.SIZE).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"a" * self.SIZE})


async def test_a_reader_that_does_not_go_on_is_cut_off() -> None:
    """A response that nobody reads is eventually dropped from memory, and counts until then."""
    async with answered(Patience(answer=1.0), Generous()) as (_, reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async with asyncio.timeout(GENEROUS_SECONDS):
            while not unsent.held:
                await asyncio.sleep(0.01)
            held = unsent.held
            while unsent.held:
                await asyncio.sleep(0.05)
        said = await rest(reader)

    assert Generous.SIZE / 2 < held <= Generous.SIZE + MOST_HEAD_BYTES
    assert len(said) < Generous.SIZE


async def test_a_slow_reader_is_not_cut_off() -> None:
    """A client that keeps reading isn't cut off, and releases its share afterwards."""
    async with answered(Patience(answer=30.0), Generous()) as (_, reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        said = await rest(reader)

    assert len(said) > Generous.SIZE
    assert 0 == unsent.held


async def test_all_answers_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """If there is no room for one more response, it is cut off immediately."""
    monkeypatch.setattr(http_protocol, "unsent", Shares(1000, 1000))
    async with answered(Patience(answer=30.0), Generous()) as (_, reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        said = await rest(reader)

    assert len(said) < Generous.SIZE
    assert 0 == http_protocol.unsent.held


def test_a_head_has_ten_seconds_and_a_body_thirty() -> None:
    """`serve` uses these time limits."""
    assert (10.0, 30.0, 60.0) == (PATIENCE.head, PATIENCE.body, PATIENCE.answer)


async def held(port: int, sources: list[str]) -> list[bool]:
    """Connect from each of the addresses, and return which connections are still open."""
    pairs = [
        await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
        for source in sources
    ]
    await asyncio.sleep(0.2)
    there = [not reader.at_eof() and reader.exception() is None for reader, _ in pairs]
    for _, writer in pairs:
        writer.close()
    return there


@pytest.mark.parametrize("trusted", [False, True])
async def test_a_network_has_a_share_of_the_connections(
    monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    """H-4: a network gets only its share of connections until it closes some; trusted proxies are exempt."""
    monkeypatch.setattr(http_protocol, "MOST_OF_NETWORK", 3)
    networks = [ip_network("127.0.0.2")] if trusted else []
    sockets = take_port("127.0.0.1", 0)
    async with serving(Application(), sockets, trusted=networks):
        port = sockets[0].getsockname()[1]
        first = await held(port, ["127.0.0.2"] * 5 + ["127.0.0.3"])
        await asyncio.sleep(0.2)
        again = await held(port, ["127.0.0.2"] * 3)

    assert [True] * 3 + [trusted] * 2 + [True] == first
    assert [True] * 3 == again
