"""Over a real socket, a client that disconnects in the middle of its body causes no server error."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

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
