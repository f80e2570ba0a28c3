"""Signed requests: to the application in memory, on a real port, and to processes that can be killed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest

from strongroom_api.process import Process
from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection, connect
from strongroom_server.serving.http_server import LOCALHOST, take_port
from strongroom_testkit.app import make_app, serving_api
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.machine import TestMachine
from strongroom_testkit.raw_requests import Answer, as_pairs, send
from strongroom_testkit.world import World

from .nodes import Nodes, opened

if TYPE_CHECKING:
    from litestar import Litestar

Ask = Callable[..., Awaitable[Answer]]
SignedGet = Callable[..., Awaitable[int]]

_numbers = count(1)


@pytest.fixture
def ask(app: Litestar, core: Core) -> Ask:
    """Send a newly signed request from a machine. Each request comes from a different address."""

    async def ask(
        machine: TestMachine,
        method: str,
        path: str,
        body: Any = b"",
        *,
        address: str | None = None,
        altered: dict[str, str] | None = None,
    ) -> Answer:
        sent = body if isinstance(body, bytes) else msgspec.json.encode(body)
        at = int(core.clock.now().timestamp())
        headers = {**machine.headers(method, path, sent, at=at), **(altered or {})}
        number = next(_numbers)
        return await send(
            app,
            method,
            path.encode(),
            as_pairs(headers.items()),
            sent,
            address=address or f"127.8.{number >> 8 & 255}.{number & 255}",
        )

    return ask


@pytest.fixture
def refused() -> Callable[..., dict[str, Any]]:
    """Check that a response is a problem with this status and code, and return the problem."""

    def refused(answer: Answer, status: int, code: str) -> dict[str, Any]:
        found = answer.json()

        assert (status, code) == (answer.status, found["code"]), found
        assert "application/problem+json" == answer.headers["content-type"]
        assert str(len(answer.body)) == answer.headers["content-length"]
        assert found["error"] == found["detail"]
        assert status == found["status"]
        assert found["requestId"] == answer.headers["x-request-id"]

        return found

    return refused


@pytest.fixture
async def served(core: Core) -> AsyncIterator[str]:
    """The URL of the application, served on 127.0.0.1 and ::1."""
    sockets = take_port(LOCALHOST, 0)
    url = f"http://localhost:{sockets[0].getsockname()[1]}"
    core.settings = replace(core.settings, public_url=url)
    async with serving_api(make_app(Process(core)), sockets):
        yield url


@pytest.fixture(scope="session")
def open_world() -> Callable[..., AbstractAsyncContextManager[World]]:
    """Open a database other than the test's own."""
    return opened


@pytest.fixture(scope="module")
async def nodes(
    cluster: Cluster, run: Any, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Nodes]:
    """Two processes shared by all tests in a module; each test has its own project."""
    database = await cluster.fresh_database()
    async with opened(cluster, database, run.markers) as world:
        nodes = Nodes(cluster, database, tmp_path_factory.mktemp("nodes"), world)
        try:
            await nodes.start()
            yield nodes
        finally:
            nodes.kill()


@pytest.fixture
async def superuser(nodes: Nodes) -> AsyncIterator[OpenConnection]:
    """A superuser's connection to the two processes' database, which bypasses all permission checks."""
    connection = await connect(nodes.cluster.administrator_url(nodes.database))
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
def signed_get() -> SignedGet:
    """Send a newly signed GET through a client."""

    async def get(client: httpx.AsyncClient, world: World, machine: TestMachine, path: str) -> int:
        at = int(world.core.clock.now().timestamp())
        answer = await client.get(path, headers=machine.headers("GET", path, at=at))
        return answer.status_code

    return get
