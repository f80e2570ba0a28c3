"""The machine plane's requests are logged like all others (H-4)."""

from __future__ import annotations

import logging

import pytest
from structlog.testing import capture_logs

from strongroom_testkit.machine import approved_machine

KEYS = {"event", "log_level", "request_id", "method", "route", "status", "ms", "address"}


@pytest.fixture
def level():
    """The request log's level, restored afterwards."""
    logger = logging.getLogger("strongroom.api")
    before = logger.level
    yield logger.setLevel
    logger.setLevel(before)


async def test_each_request_logs_one_line(ask, world, level):
    """H-4: a line shows method, template, status, time, address and request ID, but no object ID or token."""
    machine = await approved_machine(world)
    level(logging.INFO)
    with capture_logs() as lines:
        read = await ask(machine, "GET", "/v1/secret/sk_MARKER0000")
        await ask(machine, "GET", "/v1/secrets")
        await ask(machine, "GET", "/v1/nothing/MARKER")
        await ask(machine, "GET", "/v1/bootstrap/MARKER-token")
        await ask(machine, "POST", "/v1/bootstrap/register", b"{}")
    found = [line for line in lines if line["event"] == "request"]

    assert [
        "/v1/secret/{id}",
        "/v1/secrets",
        "-",
        "/v1/bootstrap/{token}",
        "/v1/bootstrap/register",
    ] == [line["route"] for line in found]
    assert [404, 200, 404, 200, 400] == [line["status"] for line in found]
    assert read.headers["x-request-id"] == found[0]["request_id"]
    assert KEYS == found[0].keys()
    assert "MARKER" not in str(found)


async def test_disabled_request_logs(ask, world, level):
    """H-4: with request logs off, as in `dev`, signed requests aren't logged."""
    machine = await approved_machine(world)
    level(logging.WARNING)
    with capture_logs() as lines:
        await ask(machine, "GET", "/v1/secrets")

    assert [] == [line for line in lines if line["event"] == "request"]
