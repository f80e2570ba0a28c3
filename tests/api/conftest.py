"""Clients of the real application in memory: unknown clients, and users with a session."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from strongroom_api.process import Process
from strongroom_testkit.app import make_app

if TYPE_CHECKING:
    from litestar import Litestar

    from strongroom_core.core import Core
    from strongroom_testkit.people import Person

URL = "http://localhost:8200"
OURS = {"Origin": URL, "X-Strongroom-Client": "tests"}

_addresses = count(1)


@pytest.fixture
def app(core: Core) -> Litestar:
    """The application, running on an unsealed server."""
    return make_app(Process(core))


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Awaitable[httpx.AsyncClient]]]:
    """Make clients for an application, each with its own source address.

    Otherwise one test's rate limiting would affect another test.
    """
    async with AsyncExitStack() as stack:

        async def connect(app: Any, headers: dict[str, str] = OURS) -> httpx.AsyncClient:
            number = next(_addresses)
            address = f"127.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
            transport = httpx.ASGITransport(
                app, raise_app_exceptions=False, client=(address, 40000)
            )
            client = httpx.AsyncClient(transport=transport, base_url=URL, headers=headers)
            return await stack.enter_async_context(client)

        yield connect


@pytest.fixture
async def stranger(app: Litestar, connect: Any) -> httpx.AsyncClient:
    """A client that acts as one of our pages before sign-in."""
    return await connect(app)


@pytest.fixture
def log_in(app: Litestar, connect: Any) -> Callable[..., Any]:
    """Sign a person in through the API, and set the client to send their vault with every later request."""

    async def log_in(person: Person) -> httpx.AsyncClient:
        client = await connect(app)
        body = {"email": person.email, "password": person.password}
        response = await client.post("/api/session", json=body)

        assert response.status_code == 200, response.text

        client.headers["X-Strongroom-Vault"] = person.vault
        return client

    return log_in


@pytest.fixture
async def client(owner: Person, log_in: Any) -> httpx.AsyncClient:
    """The administrator, signed in."""
    return await log_in(owner)


@pytest.fixture
async def other_client(other_owner: Person, log_in: Any) -> httpx.AsyncClient:
    """Another person, signed in, acting in their own vault."""
    return await log_in(other_owner)


@pytest.fixture
def problem() -> Callable[..., dict[str, Any]]:
    """Check that a response is a problem with this status and code, and return the problem."""

    def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
        found = response.json()

        assert (status, code) == (response.status_code, found["code"]), response.text
        assert response.headers["content-type"] == "application/problem+json"
        assert found["status"] == status
        assert found["type"] == f"/docs#error-{code}"
        assert found["title"] == response.reason_phrase
        assert found["requestId"] == response.headers["x-request-id"]
        assert found.keys() - {"field"} == {
            "type",
            "title",
            "status",
            "detail",
            "code",
            "requestId",
        }

        return found

    return problem
