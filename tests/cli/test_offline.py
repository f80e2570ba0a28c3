"""When the offline cache serves, by the status that stands in for the server (WIRE, section 4)."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from .stage import Stage
from .terminal import Terminal

SERVED = (502, 503, 504)
REFUSED = {401: 3, 423: 7, 429: 6, 500: 1, 403: 4, 404: 5}


@dataclass(frozen=True, slots=True)
class Proxy:
    """Answers every request with one status. It stands for what may lie between machine and server."""

    server: ThreadingHTTPServer

    def answer_with(self, status: int) -> None:
        """Answer with this from now on."""
        _Handler.status = status


class _Handler(BaseHTTPRequestHandler):
    status: ClassVar[int] = 500

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b'{"error": "as scripted"}'
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 -- the same

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
        """Say nothing."""


@pytest.fixture
async def proxy(stage: Stage) -> AsyncIterator[Proxy]:
    """Takes the place of the stage's server, once the cache is filled."""
    for command in (("cache", "fill", "-p", "billing"), ("cache", "fill", "-p", "shop/production")):
        assert 0 == (await stage.terminal.strongroom(*command)).status
    await stage.stop()
    server = ThreadingHTTPServer(("127.0.0.1", stage.port), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Proxy(server)
    server.shutdown()
    server.server_close()
    thread.join()


async def read(terminal: Terminal, secret: str) -> tuple[int, str, str]:
    """Read with the cache switched on."""
    done = await terminal.strongroom("get", secret, "--offline-cache", "--attempts", "1")
    return done.status, done.out, done.err


async def test_the_cache_serves_for_a_server_that_is_away(stage: Stage, proxy: Proxy) -> None:
    """WIRE 4: 502, 503 and 504, and its age is told."""
    secret, value = stage.secrets["billing/API_KEY"].id, await stage.value("billing/API_KEY")
    for status in SERVED:
        proxy.answer_with(status)
        code, out, err = await read(stage.terminal, secret)

        assert (0, value) == (code, out), status
        assert "from the offline cache" in err
        assert (code, out) == (await read(stage.terminal, "billing/API_KEY"))[:2]
        done = await stage.terminal.strongroom(
            *("run", "-p", "billing", "--offline-cache", "--attempts", "1"),
            *("--", "sh", "-c", "echo $API_KEY"),
        )
        assert (0, value) == (done.status, done.out.strip()), status


async def test_the_cache_does_not_serve_for_a_server_that_says_no(
    stage: Stage, proxy: Proxy
) -> None:
    """WIRE 4: never on 401, 403, 404, 423, 429 and 500; each has its exit code."""
    # 403 and 404 delete what was kept, and so come last.
    for status, code in REFUSED.items():
        proxy.answer_with(status)
        found, out, err = await read(stage.terminal, stage.secrets["billing/API_KEY"].id)

        assert (code, "") == (found, out), status
        assert err.startswith("strongroom: "), status
        assert "  hint: " in err, status


async def test_nothing_is_asked_while_offline(stage: Stage, proxy: Proxy) -> None:
    """D-3: `--offline` serves what a server would refuse, because it does not ask."""
    proxy.answer_with(403)
    done = await stage.terminal.strongroom("get", "billing/DATABASE#host", "--offline", "--debug")

    assert 0 == done.status
    assert done.out in await stage.value("billing/DATABASE")
    assert "GET" not in done.err
