"""Records everything that a page logs, sends and stores during a journey."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request, WebSocket

_REPORTS = """
addEventListener("securitypolicyviolation", (event) => {
    console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
});
"""

_STORED = """
async () => {
    const databases = (await indexedDB.databases?.()) ?? [];
    const cached = [];
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) {
            cached.push(request.url, await (await cache.match(request)).text());
        }
    }
    return JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, databases, cached,
        location.href, history.state]);
}
"""


@dataclass  # No slots, because Playwright sets attributes on objects whose methods it calls.
class Watched:
    """Everything that a browser's pages did. `frames` contains websocket frames in both directions."""

    origin: str
    errors: list[str] = field(default_factory=list[str])
    foreign: list[str] = field(default_factory=list[str])
    frames: list[str] = field(default_factory=list[str])
    stored: list[str] = field(default_factory=list[str])
    urls: list[str] = field(default_factory=list[str])
    said: list[str] = field(default_factory=list[str])
    expected: list[str] = field(default_factory=list[str])

    async def watch(self, context: BrowserContext) -> None:
        """Watch all pages of a context from now on."""
        await context.add_init_script(_REPORTS)
        context.on("page", self._watch_page)

    def expect_status(self, path: str, status: int) -> None:
        """From now on, don't count this response as an error in the console."""
        self.expected.append(
            f"{path} Failed to load resource: the server responded with a status of {status}"
        )

    def _watch_page(self, page: Page) -> None:
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.errors.append(f"{page.url}: {error}"))
        page.on("request", self._see)
        page.on("websocket", self._listen)
        # The fragment contains a one-time link's token, and browsers don't send it.
        page.on("framenavigated", lambda frame: self.urls.append(frame.url.partition("#")[0]))

    def _hear(self, message: ConsoleMessage) -> None:
        self.said.append(message.text)
        if message.type in ("error", "warning") and not self._is_expected(message):
            where = message.location
            self.errors.append(f"{where.get('url')}:{where.get('lineNumber')}: {message.text}")

    def _is_expected(self, message: ConsoleMessage) -> bool:
        """Return whether a journey expects this message. Chromium reports every status from 400 up."""
        url = str(message.location.get("url"))
        return any(part in f"{url} {message.text}" for part in self.expected)

    def _see(self, request: Request) -> None:
        self.urls.append(request.url)
        parts = urlsplit(request.url)
        if parts.scheme in ("data", "blob"):
            return
        if f"{parts.scheme}://{parts.netloc}" != self.origin:
            self.foreign.append(request.url)

    def _listen(self, socket: WebSocket) -> None:
        if not socket.url.startswith(self.origin.replace("http", "ws", 1)):
            self.foreign.append(socket.url)
        self.urls.append(socket.url)
        socket.on("framesent", self._frame)
        socket.on("framereceived", self._frame)

    def _frame(self, payload: Any) -> None:
        self.frames.append(
            payload if isinstance(payload, str) else bytes(payload).decode("latin-1")
        )

    async def look_at_storage(self, page: Page) -> None:
        """Keep a copy of everything that the page's origin has stored, to be searched later."""
        self.stored.append(await page.evaluate(_STORED))

    def everything(self) -> dict[str, list[str]]:
        """Return all text that must not contain a value, by where it was found."""
        return {"frames": self.frames, "stored": self.stored, "urls": self.urls, "said": self.said}
