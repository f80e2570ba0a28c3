"""The same dashboard when the server itself uses TLS, as in production (A-4, H-6)."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Browser, expect

from strongroom_testkit.certificate import issue
from strongroom_testkit.markers import Markers
from strongroom_testkit.programs import Programs

from .installation import install
from .person import Operator
from .steps import accept_first_link, ask, loaded, sign_in
from .watched import Watched


async def test_over_tls(
    chromium: Browser, programs: Programs, markers: Markers, tmp_path: Path
) -> None:
    """A-4, H-6: cookies are sent only over TLS and events over wss; changes, live pages and sign-out work."""
    server = await install(programs, markers, issue(tmp_path, "localhost"))
    watched = Watched(server.url)
    context = await chromium.new_context(base_url=server.url, ignore_https_errors=True)
    await watched.watch(context)
    operator = Operator("ada@example.org", "ada", markers.password())
    page = await context.new_page()
    await accept_first_link(page, server.link, operator)
    await sign_in(page, operator.email, operator.password)
    cookies = await context.cookies()

    # A change made on another page appears here without a reload.
    await page.goto("/projects")
    await loaded(page)
    other = await context.new_page()
    await other.goto("/")
    await loaded(other)
    await ask(other, "POST", "/api/projects", {"name": "billing"})
    await expect(page.get_by_role("link", name="billing").first).to_be_visible()

    # After signing out, the session is no longer valid. The test leaves the page before its
    # websocket has connected.
    watched.expected.append("WebSocket is closed before the connection is established")
    await page.get_by_role("button", name="ada").first.click()
    await page.get_by_role("button", name="Sign out").first.click()
    await expect(page.locator("h1")).to_have_text("Sign in")
    await page.goto("/projects")
    await expect(page.locator("h1")).to_have_text("Sign in")
    await context.close()
    await server.stop()

    assert {"__Host-strongroom", "__Host-strongroom-device"} == {
        cookie.get("name") for cookie in cookies
    }
    assert {(True, True, "/")} == {
        (cookie.get("secure"), cookie.get("httpOnly"), cookie.get("path")) for cookie in cookies
    }
    assert [url for url in watched.urls if url.startswith("wss://")]
    assert ([], []) == (watched.errors, watched.foreign)
