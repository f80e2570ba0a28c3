"""axe finds nothing serious or critical on any screen or in any dialog (U-2)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe  # pyright: ignore[reportMissingTypeStubs]
from playwright.async_api import Browser, Page, ViewportSize, expect

from .installation import Installation
from .person import Operator
from .sample_vault import SampleVault
from .screens import go_to, open_it, screens
from .steps import sign_in
from .watched import Watched

WIDE = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)
COLORS = "color-contrast"
LOOKS: tuple[tuple[str, Any, Any, dict[str, Any]], ...] = (
    ("light", WIDE, "light", {}),
    # Colors depend on the theme but not on the width, and axe spends most of its time on them.
    ("dark", WIDE, "dark", {"runOnly": [COLORS]}),
    ("phone", PHONE, "light", {"rules": {COLORS: {"enabled": False}}}),
)
# All operations have the same markup, and axe takes seconds for each of them.
REFERENCE = {"include": [["html"]], "exclude": [[".part > article:nth-of-type(n+4)"]]}
"""The API reference with the first three operations of each part."""

GRAVE = {"serious", "critical"}
ALL = GRAVE | {"minor", "moderate"}

Finding = tuple[str, str, str, str]


@pytest.fixture
async def page(
    chromium: Browser, installation: Installation, watched: Watched
) -> AsyncIterator[Page]:
    """A page that axe can be injected into. Our Content-Security-Policy would normally forbid that."""
    context = await chromium.new_context(
        base_url=installation.url, locale="en-GB", bypass_csp=True, reduced_motion="reduce"
    )
    await watched.watch(context)
    page = await context.new_page()
    page.set_default_timeout(15_000)
    yield page
    await context.close()


async def grave_findings(
    page: Page, name: str, within: Any, *, impacts: set[str] = GRAVE
) -> list[Finding]:
    """Check part of the page in both themes and on a phone; return the findings with these impacts.

    `within` is a selector, or a context as axe takes it.
    """
    found: list[Finding] = []
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(Axe().axe_script)
    for look, size, scheme, rules in LOOKS:
        await page.set_viewport_size(size)
        await page.emulate_media(color_scheme=scheme)
        await page.wait_for_function(
            # The API reference and the links' pages follow the browser's theme automatically.
            "dark => /^\\/(docs$|[sd]\\/)/.test(location.pathname)"
            " || document.documentElement.classList.contains('dark') === dark",
            arg=scheme == "dark",
        )
        only = {"resultTypes": ["violations"], **rules}
        violations = await page.evaluate(
            "([within, only]) => axe.run(within, only).then((found) => found.violations)",
            [within, only],
        )
        found += [
            (name, look, each["id"], str(node["target"]))
            for each in violations
            if each["impact"] in impacts
            for node in each["nodes"]
        ]
    await page.set_viewport_size(WIDE)
    await page.emulate_media(color_scheme="light")
    return found


WIDER = """
() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("main *")]
    .filter((each) => each.getBoundingClientRect().right > innerWidth)
    .map((each) => `${each.tagName}.${each.className}: ${(each.textContent ?? "").slice(0, 40)}`)
    .slice(0, 5)
"""


async def wider_than_a_phone(page: Page) -> list[str]:
    """Return the first elements that make the page scroll sideways on a phone."""
    await page.set_viewport_size(PHONE)
    wide = await page.evaluate(WIDER)
    await page.set_viewport_size(WIDE)
    return wide


async def opened_below_its_top(page: Page) -> bool:
    """Return whether the page, or the drawer on it, was scrolled before anyone has scrolled it."""
    return await page.evaluate(
        "scrollY > 0 || [...document.querySelectorAll('.drawer')].some((each) => each.scrollTop > 0)"
    )


async def test_screens_and_dialogs_of_a_person(
    page: Page, operator: Operator, sample_vault: SampleVault
) -> None:
    """U-2: every screen and dialog passes axe in both themes and on a phone, and fits the phone's width."""
    await sign_in(page, operator.email, operator.password)
    found: list[Finding] = []
    wide: list[str] = []
    below: list[str] = []
    for screen in screens(sample_vault):
        if screen.open:
            continue
        await go_to(page, screen)
        if await opened_below_its_top(page):
            below.append(screen.name)
        found += await grave_findings(page, screen.name, "html")
        wide += [f"{screen.name}: {each}" for each in await wider_than_a_phone(page)]
        for dialog in screen.dialogs:
            await open_it(page, dialog)
            found += await grave_findings(
                page, dialog.name, "dialog[open], [popover]:popover-open:not(.toasts)"
            )
            await page.keyboard.press("Escape")

    assert [] == found
    assert [] == wide
    assert [] == below


async def test_palette_keys_and_step_up(page: Page, operator: Operator) -> None:
    """U-2: the dialogs that can be opened on every screen pass axe as well."""
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


async def test_screens_without_a_session(
    page: Page, sample_vault: SampleVault, watched: Watched
) -> None:
    """U-2: the screens that need no session pass axe as well."""
    watched.expected += ["/nowhere", "/api/invitations/open"]
    found: list[Finding] = []
    for screen in screens(sample_vault):
        if screen.open:
            await go_to(page, screen)
            within = REFERENCE if screen.name == "reference" else "html"
            found += await grave_findings(page, screen.name, within)

    assert [] == found


async def test_the_pages_of_links(page: Page) -> None:
    """T-5, U-2: axe finds nothing at all on the recipients' pages, with all their parts shown."""
    found: list[Finding] = []
    for path in ("s", "d"):
        await page.goto(f"/{path}/{'A' * 22}#{'A' * 22}")
        await expect(page.get_by_role("heading")).to_be_visible()
        await page.evaluate(
            "for (const each of document.querySelectorAll('[hidden]')) each.hidden = false"
        )
        found += await grave_findings(page, path, "html", impacts=ALL)

    assert [] == found


async def test_faults_are_found(page: Page) -> None:
    """The checks above can fail: a button without a name and unreadable text are reported."""
    await page.goto("/sign-in")
    await expect(page.locator("html[data-sr-ready]")).to_have_count(1)
    await page.evaluate(
        """() => {
            const text = document.createElement("p");
            text.textContent = "Gray on gray";
            Object.assign(text.style, {color: "#777777", background: "#888888"});
            document.querySelector("main").append(document.createElement("button"), text);
        }"""
    )

    found = await grave_findings(page, "sign-in", "html")

    assert {(look, rule) for _, look, rule, _ in found} >= {
        ("light", "button-name"),
        ("phone", "button-name"),
        ("light", COLORS),
        ("dark", COLORS),
    }
