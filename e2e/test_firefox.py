"""The recipients' pages in Firefox ESR, driven over WebDriver BiDi, which Firefox supports natively (T-5).

`./run prove links` runs this with the Debian package `firefox-esr`, or the program in
`STRONGROOM_FIREFOX`.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from strongroom_testkit.raw_socket import RawSocket, raw_socket

from .test_link_pages import new_links

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from playwright.async_api import Page

    from strongroom_testkit.markers import Markers

PREFERENCES = """
user_pref("app.update.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("toolkit.telemetry.enabled", false);
"""
READY = re.compile(rb"ws://127\.0\.0\.1:(\d+)")
GENEROUS_SECONDS = 60.0

pytestmark = pytest.mark.prove


@dataclass
class Firefox:
    """A browser with one tab. `context` is the tab's ID."""

    socket: RawSocket
    context: str = ""
    _commands: int = 0
    _read: int = 0

    async def command(self, method: str, **parameters: Any) -> Any:
        """Send a command, and return its result. Raises `RuntimeError` if it fails."""
        self._commands += 1
        number = self._commands
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        found: list[Any] = []

        def answered() -> bool:
            fresh, self._read = self.socket.texts[self._read :], len(self.socket.texts)
            found.extend(each for text in fresh if (each := json.loads(text)).get("id") == number)
            return bool(found)

        if not await self.socket.until(answered):
            raise RuntimeError(f"Firefox didn't answer {method}")
        if found[0]["type"] != "success":
            raise RuntimeError(f"{method}: {found[0]}")
        return found[0]["result"]

    async def go(self, url: str) -> None:
        """Go to a page."""
        # The page may be open already, with another fragment.
        for each in ("about:blank", url):
            await self.command(
                "browsingContext.navigate", context=self.context, url=each, wait="complete"
            )

    async def evaluate(self, script: str) -> Any:
        """Return the value of an expression in the page."""
        found = await self.command(
            "script.evaluate",
            expression=script,
            target={"context": self.context},
            awaitPromise=True,
        )
        if found["type"] != "success":
            raise RuntimeError(f"{script}: {found}")
        return found["result"].get("value")

    async def type(self, text: str) -> None:
        """Type into the focused field. If `text` ends with a line break, press Enter at the end."""
        keys: list[dict[str, Any]] = []
        for each in text:
            key = "\ue007" if each == "\n" else each
            keys += [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        await self.command(
            "input.performActions",
            context=self.context,
            actions=[{"type": "key", "id": "keyboard", "actions": keys}],
        )

    async def until(self, script: str, wanted: object) -> None:
        """Wait until an expression has this value."""
        seen = None
        for _ in range(600):
            seen = await self.evaluate(script)
            if seen == wanted:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{script}: {seen!r}, not {wanted!r}")


def _program() -> str:
    found = os.environ.get("STRONGROOM_FIREFOX") or shutil.which("firefox-esr")
    if found is None:
        pytest.fail("there is no Firefox ESR; install the package firefox-esr", pytrace=False)
    return found


@asynccontextmanager
async def firefox(folder: Path) -> AsyncGenerator[Firefox]:
    """Start Firefox with a new profile."""
    profile = folder / "profile"
    profile.mkdir()
    (profile / "user.js").write_text(PREFERENCES)
    log = folder / "log"
    options = ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"]
    with log.open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            *(_program(), *options),
            stdout=said,
            stderr=said,
            env={**os.environ, "HOME": str(folder)},
        )
    try:
        async with asyncio.timeout(GENEROUS_SECONDS):
            while (ready := READY.search(log.read_bytes())) is None:
                assert process.returncode is None, log.read_text()
                await asyncio.sleep(0.1)
        async with raw_socket(int(ready[1]), "/session") as socket:
            browser = Firefox(socket)
            await browser.command("session.new", capabilities={})
            tree = await browser.command("browsingContext.getTree")
            browser.context = tree["contexts"][0]["context"]
            yield browser
    finally:
        process.kill()
        await process.wait()


async def test_both_pages_work_in_firefox(
    signed_in: Page, markers: Markers, tmp_path: Path
) -> None:
    """T-1, T-5, T-6: a share can be opened and a value submitted, each once, without an error on the page."""
    links = await new_links(signed_in, markers)
    heading = "document.querySelector('section:not([hidden]) h1').textContent"
    async with firefox(tmp_path) as browser:
        await browser.command("session.subscribe", events=["log.entryAdded"])
        agent = await browser.evaluate("navigator.userAgent")
        await browser.go(links["s"]["url"])
        await browser.evaluate("document.getElementById('passphrase').focus()")
        await browser.type(links["s"]["text"] + "\n")
        await browser.until(heading, "Your secret")
        shown = await browser.evaluate("document.getElementById('value').textContent")
        hash_left = await browser.evaluate("location.hash")
        focused = await browser.evaluate("document.activeElement.textContent")
        await browser.go(links["s"]["url"])
        await browser.evaluate("document.getElementById('passphrase').focus()")
        await browser.type(links["s"]["text"] + "\n")
        await browser.until(heading, "This link doesn’t work")
        await browser.go(links["d"]["url"])
        await browser.evaluate("document.getElementById('value-in').focus()")
        await browser.type(links["d"]["text"])
        await browser.evaluate("document.getElementById('send').click()")
        await browser.until(heading, "Sent")
        await browser.go(links["d"]["url"].partition("#")[0])
        await browser.until(heading, "The link is incomplete")
        told = [json.loads(text) for text in browser.socket.texts]
    errors = [
        each["params"]["text"]
        for each in told
        if each.get("method") == "log.entryAdded" and each["params"]["level"] == "error"
    ]
    print(f"\n{agent}: {errors}")

    assert shown == links["s"]["value"]
    assert hash_left == ""
    assert focused == "Your secret"
    assert errors == []
