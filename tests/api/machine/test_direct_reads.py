"""A read that bypasses ASGI has the same response and log line as one that doesn't."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from strongroom_testkit.machine import granted_machine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from strongroom_testkit.machine import TestMachine
    from strongroom_testkit.world import World

THROUGH_ASGI = b"Content-Length: 0\r\n"


@pytest.fixture
def lines() -> Iterator[list[dict[str, object]]]:
    """The lines of the request log."""
    logger = logging.getLogger("strongroom.api")
    before = logger.level
    logger.setLevel(logging.INFO)
    with capture_logs() as found:
        yield found  # pyright: ignore[reportReturnType]
    logger.setLevel(before)


async def read(
    url: str, world: World, machine: TestMachine, secret: str, more: bytes, **altered: str
) -> tuple[str, dict[str, str], dict[str, object]]:
    """Send a newly signed read; return the response's status line, headers and body."""
    path = f"/v1/secret/{secret}"
    at = int(world.core.clock.now().timestamp())
    headers = {**machine.headers("GET", path, b"", at=at), **altered}
    text = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{text}".encode() + more + b"\r\n")
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    status, *rest = head.strip().split("\r\n")
    pairs = dict(line.split(": ", 1) for line in rest)
    body = await reader.readexactly(int(pairs["content-length"]))
    writer.close()
    return status, pairs, json.loads(body)


@pytest.mark.parametrize("case", ["delivered", "denied", "wrong signature", "malformed", "skewed"])
async def test_both_ways_are_the_same(
    world: World, served: str, lines: list[dict[str, object]], case: str
) -> None:
    """WIRE 3: status, headers, body and log line are the same; only IDs and times differ."""
    project = await world.project("billing")
    secret, hidden = await world.secret(project, "API_KEY"), await world.secret(project, "OTHER")
    machine = await granted_machine(world, project, secret)
    wanted = hidden.id if case == "denied" else secret.id
    altered = {
        "wrong signature": {"X-Signature": "A" * 86 + "=="},
        "malformed": {"X-Nonce": "short"},
        "skewed": {"X-Timestamp": "1700000000"},
    }.get(case, {})
    both = [
        await read(served, world, machine, wanted, more, **altered) for more in (b"", THROUGH_ASGI)
    ]
    asked = [line for line in lines if line["event"] == "request"]

    for _, headers, body in both:
        assert headers.pop("x-request-id") in {line["request_id"] for line in asked}
        assert headers.pop("date")
        body.pop("requestId", None)
        body.pop("request_id", None)
        body.pop("serverTime", None)
    (direct, through) = both
    assert direct == through
    assert [line["route"] for line in asked] == ["/v1/secret/{id}"] * 2
    assert {(line["method"], line["status"]) for line in asked} == {
        ("GET", int(direct[0].split()[1]))
    }
