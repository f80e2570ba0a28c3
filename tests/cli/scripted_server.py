"""Servers that stand in for the real one: one sends scripted responses, and one relays requests."""

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
    """The server's address, and the requests that it received."""

    url: str
    asked: list[str] = field(default_factory=list[str])


@contextmanager
def scripted(script: Script) -> Generator[ScriptedServer]:
    """Serve on a free port for the duration of the block."""

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
            """Suppress the library's logging."""

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
    """Send the machine's signed request to the real server, and return the response."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    own = {"host", "connection", "content-length"}
    kept = {name: text for name, text in headers.items() if name.lower() not in own}
    try:
        connection.request(method, path, body or None, kept)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
