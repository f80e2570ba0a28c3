"""Signed requests to the application in memory, to be altered on their way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import count
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from strongroom_testkit.raw_requests import Answer, as_pairs, send

if TYPE_CHECKING:
    from litestar import Litestar

    from strongroom_core.core import Core
    from strongroom_testkit.machine import TestMachine

Ask = Callable[..., Awaitable[Answer]]

_numbers = count(1)


@pytest.fixture
def ask(app: Litestar, core: Core) -> Ask:
    """Send a request signed now by a machine, each from an address of its own."""

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
    """Check that an answer is problem details of this status and code, and return them."""

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
