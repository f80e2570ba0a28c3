"""When the offline cache is used, depending on the response's status (WIRE, section 4)."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from strongroom_testkit.problems import FOREIGN, problem

from .cli_world import CliWorld
from .terminal import Terminal

REFUSED = [
    (401, "nonce_used", 3),
    (423, "frozen", 7),
    (429, "too_many", 6),
    (500, "internal_error", 1),
    (403, "no_grant", 4),
    (404, "not_found", 5),
]
SOME_FOREIGN = (
    FOREIGN
    if "STRONGROOM_FOREIGN" in os.environ
    else ("traefik", "a page with 401", "a page with 200")
)
"""The SDK's tests cover all of them; here, each would start several programs."""

COMMANDS = [
    ("get", "billing/API_KEY"),
    ("list", "-p", "billing"),
    ("export", "-p", "billing", "--format", "json"),
    ("run", "-p", "billing", "--", "sh", "-c", 'printf %s "$API_KEY"'),
]


@dataclass(frozen=True, slots=True)
class Proxy:
    """Responds to every request with one status, as something between machine and server might."""

    server: ThreadingHTTPServer

    def answer_with(self, status: int, body: bytes) -> None:
        """Respond with this status from now on."""
        _Handler.status, _Handler.body = status, body


class _Handler(BaseHTTPRequestHandler):
    status: ClassVar[int] = 500
    body: ClassVar[bytes] = b""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_POST = do_GET  # noqa: N815 -- the same

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
        """Log nothing."""


@pytest.fixture
async def proxy(cli_world: CliWorld) -> AsyncIterator[Proxy]:
    """Replaces the test's server after the cache has been filled."""
    for command in (("cache", "fill", "-p", "billing"), ("cache", "fill", "-p", "shop/production")):
        assert 0 == (await cli_world.terminal.strongroom(*command)).status
    await cli_world.stop()
    server = ThreadingHTTPServer(("127.0.0.1", cli_world.port), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Proxy(server)
    server.shutdown()
    server.server_close()
    thread.join()


async def read(terminal: Terminal, secret: str) -> tuple[int, str, str]:
    """Read with the cache enabled."""
    done = await terminal.strongroom("get", secret, "--offline-cache", "--attempts", "1")
    return done.status, done.out, done.err


async def test_the_cache_is_used_while_the_server_is_unreachable(
    cli_world: CliWorld, proxy: Proxy
) -> None:
    """WIRE 4: the cache is used even if a proxy responds; nothing is deleted, and the age is reported."""
    cache = cli_world.identity / "cache"
    before = {file.name: file.read_bytes() for file in cache.iterdir()}
    for who in SOME_FOREIGN:
        proxy.answer_with(*FOREIGN[who])
        for command in COMMANDS:
            word, *rest = command
            options = ("--offline-cache", "--attempts", "1")
            served = await cli_world.terminal.strongroom(word, *options, *rest)
            without = await cli_world.terminal.strongroom(word, "--attempts", "1", *rest)

            assert 0 == served.status, (who, command, served.err)
            assert "" != served.out, (who, command)
            if word != "list":
                assert await cli_world.value("billing/API_KEY") in served.out, (who, command)
                assert "from the offline cache" in served.err, (who, command)
            assert (6, "") == (without.status, without.out), (who, command)
    assert before == {file.name: file.read_bytes() for file in cache.iterdir()}


async def test_the_cache_is_not_used_for_errors_of_the_server(
    cli_world: CliWorld, proxy: Proxy
) -> None:
    """WIRE 4: the server's own 401, 403, 404, 423, 429 and 500 are final; each has its exit code."""
    # 403 and 404 delete the entry, so they come last.
    for status, why, code in REFUSED:
        proxy.answer_with(status, json.dumps(problem(status, why)).encode())
        found, out, err = await read(cli_world.terminal, cli_world.secrets["billing/API_KEY"].id)

        assert (code, "") == (found, out), status
        assert err.startswith("strongroom: "), status
        assert "  hint: " in err or status == 500, status


async def test_offline_sends_no_requests(cli_world: CliWorld, proxy: Proxy) -> None:
    """D-3: `--offline` returns values that a server would deny, because it sends no request."""
    proxy.answer_with(403, json.dumps(problem(403, "no_grant")).encode())
    done = await cli_world.terminal.strongroom(
        "get", "billing/DATABASE#host", "--offline", "--debug"
    )

    assert 0 == done.status
    assert done.out in await cli_world.value("billing/DATABASE")
    assert "GET" not in done.err
