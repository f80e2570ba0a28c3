"""The bodies of all requests share a budget; small bodies don't count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest

from strongroom_api.app import create_app
from strongroom_api.body_budget import FREE_BYTES, MOST_BYTES, MOST_BYTES_OF_NETWORK
from strongroom_api.process import Process
from strongroom_core.kernel.shares import Shares
from strongroom_testkit.machine import approved_machine
from strongroom_testkit.raw_requests import as_pairs, send
from strongroom_testkit.world import World

if TYPE_CHECKING:
    from strongroom_core.core import Core

POLL = "/v1/secrets/poll"
LOG_IN = "/api/session"


def poll_of(size: int) -> bytes:
    """Return the body of a poll with this many bytes."""
    empty = msgspec.json.encode({"watch": [], "x": ""})
    return empty[:-2] + b"x" * (size - len(empty)) + empty[-2:]


@pytest.fixture
def process(core: Core) -> Process:
    """A process whose budget is used up, down to the last byte."""
    process = Process(core, bodies=Shares(100_000, 100_000))
    assert process.bodies.take("127.44.0.1", 100_000)
    return process


async def test_beyond_the_budget_a_large_body_is_503(world: World, process: Process) -> None:
    """H-3: signed or not, a large body gets 503; a small one is accepted; no budget stays reserved."""
    app, machine = create_app(process), await approved_machine(world)

    async def poll(size: int) -> Any:
        body, at = poll_of(size), int(world.core.clock.now().timestamp())
        headers = as_pairs(machine.headers("POST", POLL, body, at=at).items())
        return await send(app, "POST", POLL.encode(), headers, body, address="127.44.0.2")

    small, large = await poll(FREE_BYTES), await poll(FREE_BYTES + 1)
    process.bodies.give_back("127.44.0.1", 100_000)
    later = await poll(FREE_BYTES + 1)

    assert (200, 503, 200) == (small.status, large.status, later.status)
    assert ("busy", "2") == (large.json()["code"], large.headers["retry-after"])
    assert 0 == process.bodies.held


async def test_the_budget_covers_dashboard_requests(process: Process, connect: Any) -> None:
    """H-3: bodies that the framework reads count towards the budget as well."""
    client: httpx.AsyncClient = await connect(create_app(process))
    body = {"email": "a@example.org", "password": "x" * FREE_BYTES}
    full = await client.post(LOG_IN, json=body)
    process.bodies.give_back("127.44.0.1", 100_000)
    later = await client.post(LOG_IN, json=body)

    assert (503, "busy") == (full.status_code, full.json()["code"])
    assert 503 != later.status_code
    assert 0 == process.bodies.held


async def test_the_body_is_not_read_without_the_four_headers(core: Core) -> None:
    """WIRE 1: without four well-formed headers, the body isn't read."""
    reads: list[bytes] = [b"x" * 1000] * 10
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": reads.pop(), "more_body": True}

    async def take(message: dict[str, Any]) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": POLL,
        "raw_path": POLL.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "client": ("127.44.0.3", 40000),
    }
    app: Any = create_app(Process(core))
    await app(scope, receive, take)

    assert 401 == sent[0]["status"]
    assert 10 == len(reads)


def test_the_documented_budget() -> None:
    """The budget is the one documented in `docs/operate/limits.md`."""
    assert (16 * 1024, 64 * 2**20, 16 * 2**20) == (FREE_BYTES, MOST_BYTES, MOST_BYTES_OF_NETWORK)
