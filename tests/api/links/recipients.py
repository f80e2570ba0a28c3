"""Recipients of links: real connections to a server's processes, each from a different address."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field
from random import Random  # noqa: TID251 -- moments to wait, not secrets
from typing import TYPE_CHECKING, Any

import msgspec

from strongroom_core.shares.content import NewContent
from strongroom_core.shares.create import create_share

if TYPE_CHECKING:
    from strongroom_core.shares.views import NewShare
    from strongroom_testkit.world import World

ORIGIN = "http://localhost:8200"
WRONG = "-".join(["academic"] * 8)
GENEROUS_SECONDS = 60.0

_numbers = itertools.count(1)
_random = Random(7)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. A status of 0 means that the connection ended without one."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: bytes = field(default=b"", repr=False)

    @property
    def text(self) -> str:
        """The value that was delivered."""
        return msgspec.json.decode(self.body)["value"]


def new_address() -> str:
    """Return a loopback address that nothing has connected from yet."""
    number = next(_numbers)
    return f"127.{80 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


async def send(
    url: str, method: str, path: str, headers: dict[str, str], body: bytes = b"", *, address: str
) -> Answer:
    """Send one request, and return everything that came back before the connection ended."""
    port = int(url.rpartition(":")[2])
    head = {"Host": "localhost", "Connection": "close", "Content-Length": str(len(body)), **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    received = b""
    try:
        async with asyncio.timeout(GENEROUS_SECONDS):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, local_addr=(address, 0)
            )
            try:
                writer.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
                while part := await reader.read(65536):
                    received += part
            finally:
                writer.close()
    except OSError:
        pass
    head_received, found, content = received.partition(b"\r\n\r\n")
    if not found:
        return Answer(0, received)
    return Answer(int(head_received.split(b" ", 2)[1]), content, head_received)


async def post(url: str, path: str, body: Any, *, address: str | None = None) -> Answer:
    """Send JSON, as one of our pages does."""
    headers = {
        "Origin": ORIGIN,
        "X-Strongroom-Client": "link",
        "Content-Type": "application/json",
    }
    sent = msgspec.json.encode(body)
    return await send(url, "POST", path, headers, sent, address=address or new_address())


async def open_once(url: str, made: NewShare, passphrase: str | None = None) -> Answer:
    """Try to open a share, once."""
    body = {"linkKey": made.key, "passphrase": passphrase or made.passphrase}
    return await post(url, f"/s/{made.locator}/open", body)


async def open_it(url: str, made: NewShare, passphrase: str | None = None) -> Answer:
    """Open a share, trying again while the server is busy, which doesn't use up a try."""
    while True:
        answer = await open_once(url, made, passphrase)
        if answer.status != 429:
            return answer
        await asyncio.sleep(_random.uniform(0.01, 0.1))


async def new_share(world: World, **options: Any) -> tuple[NewShare, str]:
    """Create a share of a new value."""
    value = world.markers.value("shared")
    made = await create_share(world.core, world.owner, NewContent(text=value), **options)
    for secret in (made.locator, made.key, made.passphrase):
        world.markers.note(secret)
    return made, value
