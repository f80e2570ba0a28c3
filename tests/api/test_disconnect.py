"""Clients that disconnect in the middle of their body, or take long to send it."""

from __future__ import annotations

import asyncio
import json
from functools import partial

import pytest
from structlog.testing import capture_logs

from strongroom_api import callers
from strongroom_server.serving.http_server import serving, take_port

HEADERS = (
    "Host: localhost:8200",
    "Origin: http://localhost:8200",
    "X-Strongroom-Client: tests",
    "Content-Type: application/json",
    "Content-Length: 900",
)


@pytest.mark.parametrize("path", ["/api/session", "/v1/secrets/list"])
async def test_an_aborted_request_logs_no_error(app, caplog, path):
    """H-4: an aborted request logs no error."""
    sockets = take_port("127.0.0.1", 0)
    with capture_logs() as lines:
        async with serving(app, sockets):
            _reader, writer = await asyncio.open_connection(*sockets[0].getsockname())
            head = "\r\n".join((f"POST {path} HTTP/1.1", *HEADERS, "", "{"))
            writer.write(head.encode())
            await writer.drain()
            await asyncio.sleep(0.5)
            writer.close()
            await asyncio.sleep(0.5)

    assert [] == [line for line in lines if line["log_level"] == "error"]
    assert [] == [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_slow_body_has_no_effect_after_the_session_ended(client, problem, monkeypatch):
    """A-4, O-3: a request that was begun before the session ended is denied when its body is complete."""
    monkeypatch.setattr(callers, "SLOW_BODY_SECONDS", 0.0)
    content = json.dumps({"name": "late"}).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(content))}

    async def in_two_parts(between=None):
        yield content[:5]
        if between is not None:
            ended = await between()
            assert 204 == ended.status_code
        yield content[5:]

    slow = await client.post("/api/projects", content=in_two_parts(), headers=headers)
    assert 201 == slow.status_code
    sent = in_two_parts(partial(client.delete, "/api/session"))
    late = await client.post("/api/projects", content=sent, headers=headers)

    problem(late, 401, "not_authenticated")
