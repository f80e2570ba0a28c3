"""Servers in the place of the real one: one that answers as scripted, and one that passes on."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = tuple[int, dict[str, object] | bytes]
Script = Callable[[str, str, dict[str, str], bytes], Answer]
"""Takes method, path, headers and body."""


@dataclass(frozen=True, slots=True)
class ScriptedServer:
    """Where it is, and what it was asked."""

    url: str
    asked: list[str] = field(default_factory=list[str])


@contextmanager
def scripted(script: Script) -> Generator[ScriptedServer]:
    """Serve on a port of its own for the length of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            said.asked.append(f"{self.command} {self.path}")
            status, content = script(self.command, self.path, dict(self.headers), body)
            sent = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_POST = do_GET  # noqa: N815 -- the same

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    said = ScriptedServer(f"http://localhost:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield said
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def pass_on(port: int, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
    """Ask the real server the same, as the machine signed it, and return its answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    own = {"host", "connection", "content-length"}
    kept = {name: text for name, text in headers.items() if name.lower() not in own}
    try:
        connection.request(method, path, body or None, kept)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
