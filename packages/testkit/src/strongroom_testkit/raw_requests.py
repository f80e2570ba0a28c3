"""Sends one raw request to an application in memory.

A hostile program can send requests that HTTP clients would fold, complete or reject, such as one with a
repeated header, a target with dot segments, or a GET request with a body.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import msgspec

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

Pairs = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """The response. `headers` has lower-case names."""

    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """Return the decoded body."""
        return msgspec.json.decode(self.body)


def as_pairs(headers: Iterable[tuple[str, str]]) -> Pairs:
    """Return headers as a server passes them: as bytes, with lower-case names."""
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]


async def send(
    app: Callable[[Any, Any, Any], Awaitable[None]],
    method: str,
    target: bytes,
    headers: Pairs,
    body: bytes | Sequence[bytes] = b"",
    *,
    address: str = "127.0.0.1",
) -> Answer:
    """Send one request. The body is sent in the given parts; `target` can have a query.

    Raises anything that the application raises. A server would turn that into a 500 response.
    """
    raw_path, _, query = target.partition(b"?")
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": _decoded(raw_path),
        "raw_path": raw_path,
        "query_string": query,
        "root_path": "",
        "headers": headers,
        "client": (address, 40000),
        "server": ("localhost", 8200),
        "extensions": {},
    }
    parts = [body] if isinstance(body, bytes) else [*body]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        part = parts.pop(0) if parts else b""
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def take(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, take)
    start, *rest = sent
    return Answer(
        start["status"],
        {name.decode().lower(): value.decode("latin-1") for name, value in start["headers"]},
        b"".join(message.get("body", b"") for message in rest),
    )


def _decoded(raw_path: bytes) -> str:
    """Return a path as servers pass it on: percent-decoded, with invalid UTF-8 replaced."""
    return unquote_to_bytes(raw_path).decode("utf-8", "replace")
