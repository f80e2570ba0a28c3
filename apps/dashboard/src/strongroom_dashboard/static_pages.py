"""Serves the built pages from memory. A request can only select one of a known set of files.

(1) A file is served by its name; (2) a page is served by its route, such as `/projects` from `projects.html`;
(3) a route with an ID gets the shell, which is filled in the browser; (4) anything else gets the same shell
with status 404. The documentation is below `/manual/`.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from strongroom_dashboard.build import manual_folder
from strongroom_dashboard.content_policy import file_headers, page_headers, policy_for
from strongroom_dashboard.manual import Manual

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from strongroom_dashboard.build import Pages, manual_folder
from strongroom_dashboard.content_policy import Pairs

SHELL = "404.html"
GALLERY = "components"
LINKS = "links.json"
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
"""Encodings, in order of preference. The build compresses files with both."""

_MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "ico": "image/x-icon",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
    "webmanifest": "application/manifest+json",
    "woff": "font/woff",
    "woff2": "font/woff2",
}
"""Media types. The table is our own, because the tables of operating systems differ."""

_FOREVER = b"public, max-age=31536000, immutable"
_ASK_FIRST = b"no-cache"
_NEVER = b"no-store"
"""For pages. Otherwise, a browser could show a page again after its session has ended."""

_HASHED = re.compile(r"assets/.+-[A-Za-z0-9_-]{8}\.[a-z0-9]+")
_PARAMETER = re.compile(r"\[[a-z_]+\]")
_QUALITY = re.compile(r"\s*q\s*=\s*(?P<quality>[0-9.]+)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    media_type: str
    cache: bytes
    tag: bytes
    compressed: dict[str, bytes] = field(default_factory=dict[str, bytes])

    @property
    def is_page(self) -> bool:
        return self.media_type.startswith("text/html")


class StaticPages:
    """An ASGI application for the pages and their files.

    `https` is True if the public URL uses TLS. `gallery` adds the page that shows all components, for people
    who work on Strongroom. `links` are the labels and URLs of links for the footer (U-5).
    """

    def __init__(
        self,
        pages: Pages,
        *,
        https: bool,
        gallery: bool = False,
        links: Iterable[tuple[str, str]] = (),
    ) -> None:
        self._files = dict(_read(pages.client))
        listed = [{"text": text, "url": url} for text, url in links]
        self._files[LINKS] = _file("json", json.dumps(listed).encode())
        self._gallery = gallery
        self._manual = Manual(manual_folder())
        html = [file.content for name, file in self._files.items() if name.endswith(".html")]
        self._page_headers = page_headers(policy_for(html), https=https)
        self._file_headers = file_headers(https=https)
        routes: list[str] = json.loads(pages.routes.read_bytes())
        self._routes = [_pattern(route) for route in routes if _PARAMETER.search(route)]

    @property
    def scripts(self) -> Iterable[bytes]:
        """The text of every script."""
        return (file.content for name, file in self._files.items() if name.endswith(".js"))

    async def __call__(self, scope: dict[str, Any], _receive: Any, send: Any) -> None:
        """Respond to one request."""
        if scope["method"] not in ("GET", "HEAD"):
            refused = [(b"allow", b"GET, HEAD"), *self._file_headers]
            await self._send(scope, send, 405, refused, b"")
            return
        file, status = self._find(scope["path"])
        asked = dict(scope["headers"])
        headers = [
            (b"cache-control", file.cache),
            (b"etag", file.tag),
            (b"vary", b"Accept-Encoding"),
            *(self._page_headers if file.is_page else self._file_headers),
        ]
        if status == 200 and file.tag in _tags(asked.get(b"if-none-match", b"")):  # noqa: PLR2004
            await self._send(scope, send, 304, headers, None)
            return
        body = file.content
        for encoding in _accepted(asked.get(b"accept-encoding", b"")):
            if encoding in file.compressed:
                headers.append((b"content-encoding", encoding.encode()))
                body = file.compressed[encoding]
                break
        headers.append((b"content-type", file.media_type.encode()))
        await self._send(scope, send, status, headers, body)

    def _find(self, path: str) -> tuple[_File, int]:
        name = path.strip("/")
        if name.removesuffix(".html") == GALLERY and not self._gallery:
            # The shell would show the gallery: its script has a route for it.
            return _file("txt", b"not found\n"), 404
        for candidate in (name, f"{name or 'index'}.html"):  # (1), (2)
            if candidate in self._files and candidate != SHELL:
                return self._files[candidate], 200
        if (page := self._manual.find(name)) is not None:
            return _file("html", page), 200
        known = any(route.fullmatch(name) for route in self._routes)  # (3)
        return self._files[SHELL], 200 if known else 404  # (4)

    async def _send(
        self, scope: dict[str, Any], send: Any, status: int, headers: Pairs, body: bytes | None
    ) -> None:
        if body is not None:
            headers = [*headers, (b"content-length", str(len(body)).encode())]
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": headers,
            }
        )
        shown = b"" if body is None or scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": shown, "more_body": False})


def _file(ending: str, content: bytes) -> _File:
    name = f".{ending}"
    return _File(content, _media_type(name), _cache_of(name), _tag_of(content))


def _cache_of(name: str) -> bytes:
    if name.endswith(".html"):
        return _NEVER
    return _FOREVER if _HASHED.fullmatch(name) else _ASK_FIRST


def _tag_of(content: bytes) -> bytes:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'.encode()


def _read(client: Path) -> Iterable[tuple[str, _File]]:
    suffixes = tuple(suffix for _, suffix in ENCODINGS)
    for path in sorted(client.rglob("*")):
        if not path.is_file() or path.name.endswith(suffixes):
            continue
        name, content = path.relative_to(client).as_posix(), path.read_bytes()
        compressed: dict[str, bytes] = {}
        for encoding, suffix in ENCODINGS:
            beside = path.with_name(path.name + suffix)
            if beside.is_file():
                compressed[encoding] = beside.read_bytes()
        yield (
            name,
            _File(
                content,
                _media_type(name),
                _cache_of(name),
                _tag_of(content),
                compressed,
            ),
        )


def _media_type(name: str) -> str:
    return _MEDIA_TYPES.get(name.rpartition(".")[2], "application/octet-stream")


def _pattern(route: str) -> re.Pattern[str]:
    """Return the pattern of a route such as `projects/[project]`."""
    return re.compile("[^/]+".join(map(re.escape, _PARAMETER.split(route))))


def _tags(header: bytes) -> set[bytes]:
    """Return the tags in `If-None-Match`, for weak comparison (RFC 9110, 13.1.2)."""
    return {tag.strip().removeprefix(b"W/") for tag in header.split(b",")}


def _accepted(header: bytes) -> list[str]:
    """Return those of our encodings that `Accept-Encoding` allows, best first (RFC 9110, 12.5.3)."""
    wanted: dict[str, float] = {}
    for entry in header.decode("latin-1").lower().split(","):
        coding, _, parameter = entry.partition(";")
        match = _QUALITY.fullmatch(parameter) if parameter else None
        try:
            wanted[coding.strip()] = float(match["quality"]) if match else float(not parameter)
        except ValueError:
            wanted[coding.strip()] = 0.0
    return [encoding for encoding, _ in ENCODINGS if wanted.get(encoding, wanted.get("*", 0.0)) > 0]
