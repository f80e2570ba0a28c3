"""Every screen and every dialog, by axe: nothing serious, nothing critical (U-2)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe  # pyright: ignore[reportMissingTypeStubs]
from playwright.async_api import Browser, Page, ViewportSize, expect

from .house import House
from .installation import Installation
from .person import Operator
from .places import go_to, open_it, places
from .steps import sign_in
from .watched import Watched

WIDE = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)
LOOKS: tuple[tuple[str, Any, Any], ...] = (
    ("light", WIDE, "light"),
    ("dark", WIDE, "dark"),
    ("phone", PHONE, "light"),
)
GRAVE = {"serious", "critical"}

Finding = tuple[str, str, str, str]


@pytest.fixture
async def page(
    chromium: Browser, installation: Installation, watched: Watched
) -> AsyncIterator[Page]:
    """A page into which axe can be put by evaluation, which the policy of ours forbids."""
    context = await chromium.new_context(
        base_url=installation.url, locale="en-GB", bypass_csp=True, reduced_motion="reduce"
    )
    await watched.watch(context)
    page = await context.new_page()
    page.set_default_timeout(15_000)
    yield page
    await context.close()


async def grave_findings(page: Page, name: str, within: str) -> list[Finding]:
    """Look at a part of the page in light, dark and on a phone; return what is grave."""
    found: list[Finding] = []
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(Axe().axe_script)
    for look, size, scheme in LOOKS:
        await page.set_viewport_size(size)
        await page.emulate_media(color_scheme=scheme)
        await page.wait_for_function(
            "dark => document.documentElement.classList.contains('dark') === dark",
            arg=scheme == "dark",
        )
        only = {"resultTypes": ["violations"]}
        violations = await page.evaluate(
            "([within, only]) => axe.run(within, only).then((found) => found.violations)",
            [within, only],
        )
        found += [
            (name, look, each["id"], str(node["target"]))
            for each in violations
            if each["impact"] in GRAVE
            for node in each["nodes"]
        ]
    await page.set_viewport_size(WIDE)
    await page.emulate_media(color_scheme="light")
    return found


async def wider_than_a_phone(page: Page) -> bool:
    """Whether the page has to be pushed sideways on a phone."""
    await page.set_viewport_size(PHONE)
    wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    await page.set_viewport_size(WIDE)
    return wide


async def test_screens_and_dialogs_of_a_person(
    page: Page, operator: Operator, house: House
) -> None:
    """U-2: each screen and dialog passes axe in light, dark and on a phone, and fits that phone."""
    await sign_in(page, operator.email, operator.password)
    found: list[Finding] = []
    wide: list[str] = []
    for place in places(house):
        if place.open:
            continue
        await go_to(page, place)
        found += await grave_findings(page, place.name, "html")
        if await wider_than_a_phone(page):
            wide.append(place.name)
        for dialog in place.dialogs:
            await open_it(page, dialog)
            found += await grave_findings(
                page, dialog.name, "dialog[open], [popover]:popover-open:not(.toasts)"
            )
            await page.keyboard.press("Escape")

    assert [] == found
    assert [] == wide


async def test_the_palette_the_keys_and_the_proof(page: Page, operator: Operator) -> None:
    """U-2: so do the dialogs that every screen has."""
    await sign_in(page, operator.email, operator.password)
    found: list[Finding] = []
    for name, opening in (
        ("palette", "document.querySelector('[data-opens-palette]').click()"),
        ("keys", "document.getElementById('sr-keys').showModal()"),
        ("step-up", "document.getElementById('sr-step-up').showModal()"),
    ):
        await page.evaluate(opening)
        found += await grave_findings(page, name, "dialog[open]")
        await page.keyboard.press("Escape")

    assert [] == found


async def test_screens_of_strangers(page: Page, house: House, watched: Watched) -> None:
    """U-2: so do the screens without a session."""
    watched.expected.append("/nowhere")
    found: list[Finding] = []
    for place in places(house):
        if place.open:
            await go_to(page, place)
            found += await grave_findings(page, place.name, "html")

    assert [] == found


async def test_what_has_no_name_is_found(page: Page) -> None:
    """The checks above can fail: a button without a name is grave in every look."""
    await page.goto("/sign-in")
    await expect(page.locator("html[data-sr-ready]")).to_have_count(1)
    await page.evaluate("document.querySelector('main').append(document.createElement('button'))")

    found = await grave_findings(page, "sign-in", "html")

    assert {("light", "button-name"), ("dark", "button-name"), ("phone", "button-name")} <= {
        (look, rule) for _, look, rule, _ in found
    }
