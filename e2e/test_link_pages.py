"""Link pages are small, are read in order, fit phones, and work without scripts (T-2, T-5, T-6)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import Browser, Page, Request, expect

from .steps import ask, make_project

if TYPE_CHECKING:
    from strongroom_testkit.markers import Markers

    from .installation import Installation

NARROW = {"width": 320, "height": 640}
MOST_BYTES = 30_000
VISITS = int(os.environ.get("STRONGROOM_LINK_VISITS", "50"))
NEVER = "A" * 22

SHARE = """
- main:
  - text: Strongroom {host}
  - heading "Someone sent you a secret" [level=1]
  - paragraph: /Enter the passphrase they gave you. You can see the secret once; .+/
  - text: Passphrase
  - textbox "Passphrase"
  - paragraph: Eight words, separated by spaces or dashes.
  - button "Open secret"
  - paragraph: Check the passphrase first. A wrong one can delete the secret.
- contentinfo: /This page doesn't load anything from elsewhere. Check the address above .+/
"""
DROP_BOX = """
- main:
  - text: Strongroom {host}
  - heading "Someone asked you for a secret" [level=1]
  - paragraph: /Paste it here. .+ This link works once./
  - text: Secret
  - textbox "Secret"
  - button "Send secret"
  - paragraph: Send it only if you know who asked you, and the address above belongs to them.
- contentinfo: /This page doesn't load anything from elsewhere. Check the address above .+/
"""

_PRESS_EVERYTHING = """
([text, how]) => {
    const fields = [...document.querySelectorAll("input, textarea")];
    for (const field of fields) {
        if (how === "value") field.value = text;
        if (how === "attribute") { field.setAttribute("value", text); field.value = text; }
        if (how === "events") {
            field.focus();
            field.value = text;
            const options = { bubbles: true, cancelable: true, data: text, inputType: "insertText" };
            for (const name of ["keydown", "beforeinput", "input", "keyup", "change", "paste", "blur"])
                field.dispatchEvent(new Event(name, options));
            field.dispatchEvent(new InputEvent("input", options));
        }
    }
    for (const each of document.querySelectorAll("*")) {
        each.hidden = false;
        each.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
        if (each instanceof HTMLElement) each.click();
    }
    for (const form of document.forms) {
        form.requestSubmit();
        form.dispatchEvent(new SubmitEvent("submit", { bubbles: true, cancelable: true }));
    }
}
"""


async def test_the_pages_are_small_and_in_order(
    chromium: Browser, installation: Installation
) -> None:
    """T-5: each page is one request of at most 30 kB, is read in order, and fits a width of 320 px.

    Without JavaScript, it says what to do.
    """
    host = installation.url.partition("//")[2]
    context = await chromium.new_context(viewport=NARROW)  # pyright: ignore[reportArgumentType]
    plain = await chromium.new_context(java_script_enabled=False)
    for path, wanted in (("s", SHARE), ("d", DROP_BOX)):
        page, requests = await context.new_page(), list[Request]()
        page.on("request", lambda request, seen=requests: seen.append(request))
        url = f"{installation.url}/{path}/{NEVER}"
        answer = await page.goto(f"{url}#{NEVER}")
        assert answer is not None
        size = len(await answer.body())
        print(f"\n/{path}/: {size:,} bytes, {len(requests)} request")
        await expect(page.locator("body")).to_match_aria_snapshot(wanted.format(host=host))
        await page.evaluate(
            "for (const each of document.querySelectorAll('[hidden]')) each.hidden = false"
        )
        wide = await page.evaluate("document.documentElement.scrollWidth")
        await page.close()
        silent = await plain.new_page()
        await silent.goto(f"{url}#{NEVER}")
        await expect(silent.locator("h1:visible")).to_have_text(["Turn on JavaScript"])

        assert [each.url.partition("#")[0] for each in requests if each.url[:5] != "data:"] == [url]
        assert size < MOST_BYTES
        assert wide == NARROW["width"]
    await context.close()
    await plain.close()


async def new_links(page: Page, markers: Markers) -> dict[str, dict[str, str]]:
    """Create a share and a drop box through the API; return what a recipient gets, by the page's path."""
    value = markers.value("scanned")
    share = await ask(page, "POST", "/api/shares", {"value": value})
    _, secrets = await make_project(page, f"scanned-{value[-6:]}", {"KEY": markers.value("first")})
    box = await ask(page, "POST", f"/api/secrets/{secrets['KEY']}/drop-boxes", {"overwrite": True})
    for text in (share["passphrase"], share["url"].partition("#")[2], box["url"].partition("#")[2]):
        markers.note(text)
    return {
        "s": {"url": share["url"], "text": share["passphrase"], "value": value},
        "d": {"url": box["url"], "text": markers.value("handed-in"), "secret": secrets["KEY"]},
    }


async def visit(page: Page, url: str, text: str, number: int) -> None:
    """Open a link and press everything, as a scanner that runs scripts would, but without typing."""
    how = ("empty", "value", "attribute", "events")[number % 4]
    await page.goto(url if number % 5 else url.partition("#")[0])
    given: Any = [("", text, "junk", "x" * 5000)[number // 4 % 4], how]
    await page.evaluate(_PRESS_EVERYTHING, given)
    for button in await page.get_by_role("button").all():
        if await button.is_visible():
            await button.click(timeout=2000)
    for field in await page.locator("input:visible").all():
        await field.focus()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")


@pytest.mark.prove
async def test_scanners_that_press_everything_use_nothing_up(
    signed_in: Page, chromium: Browser, markers: Markers
) -> None:
    """T-2: a scripted browser with empty and pre-filled fields, even with the right text, uses nothing up.

    It runs scripts, reveals what is hidden, presses every button and submits every form. Only text that was
    typed or pasted is ever sent.
    """
    links = await new_links(signed_in, markers)
    context = await chromium.new_context()
    sent: list[str] = []
    context.on(
        "request", lambda request: sent.append(request.url) if request.method != "GET" else None
    )
    for number in range(VISITS):
        for link in links.values():
            page = await context.new_page()
            await visit(page, link["url"], link["text"], number)
            await page.close()
    print(f"\n{VISITS} visits of each page, {len(sent)} requests other than GET")
    assert sent == []

    page = await context.new_page()
    await page.goto(links["s"]["url"])
    await page.get_by_label("Passphrase").fill(links["s"]["text"])
    await page.get_by_role("button", name="Open secret").click()
    await expect(page.locator("#value")).to_have_text(links["s"]["value"])
    await page.goto(links["d"]["url"])
    await page.get_by_label("Secret", exact=True).fill(links["d"]["text"])
    await page.get_by_role("button", name="Send secret").click()
    await expect(page.get_by_role("heading", name="Sent")).to_be_focused()
    await context.close()
