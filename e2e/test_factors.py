"""A person's second factors in a real browser: an app, recovery codes, and a passkey (A-3, A-4)."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playwright.async_api import expect
from pyotp.totp import TOTP

from .steps import loaded, sign_in

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page

    from strongroom_testkit.markers import Markers

    from .installation import Installation
    from .person import Operator

STEP = 30


async def test_app_codes_passkey_and_second_device(
    chromium: Browser, installation: Installation, operator: Operator, markers: Markers
) -> None:
    """A-3, A-4, A-5: add an app, save the codes, sign in with a code, add a passkey, use it, remove both.

    A second device signs in with a recovery code, and is signed out by the next change of a factor.
    """
    context = await _context(chromium, installation)
    page = await context.new_page()
    await sign_in(page, operator.email, operator.password)
    app, codes = await _add_app(page, markers)
    await _sign_out(page)
    await _first_step(page, operator)
    await _second_step(page, app.at(_now()))
    await _add_passkey(page, context)
    other = await _context(chromium, installation)
    second = await other.new_page()
    await _first_step(second, operator)
    await _second_step(second, codes[0])
    await second.goto("/security")
    await loaded(second)
    await expect(second.get_by_role("button", name="Sign out 1 other")).to_be_visible()
    await expect(second.locator("main")).to_contain_text("9 of 10 left")
    await _sign_out(page)
    await page.get_by_role("button", name="Continue with a passkey").click()
    await expect(page.locator("h1")).to_have_text("Your security")
    await loaded(page)
    await page.locator(".method.sub").get_by_role("button", name="Remove").click()
    await page.get_by_role("button", name="Remove passkey").click()
    await expect(page.locator(".method.sub")).to_have_count(0)
    await second.goto("/projects")
    await expect(second.locator("h1")).to_have_text("Sign in")
    await page.get_by_role("button", name="Remove", exact=True).click()
    await page.get_by_role("button", name="Remove app").click()
    await expect(page.locator("main")).to_contain_text("Second factor off")
    await context.close()
    await other.close()


async def test_a_copied_passkey_is_noticed(
    chromium: Browser, installation: Installation, operator: Operator, markers: Markers
) -> None:
    """A-3: a passkey whose counter goes back no longer signs in, and *Your security* says why."""
    context = await _context(chromium, installation)
    page = await context.new_page()
    await sign_in(page, operator.email, operator.password)
    _, codes = await _add_app(page, markers)
    authenticator = await _add_passkey(page, context)
    await _sign_out(page)
    await page.get_by_role("button", name="Continue with a passkey").click()
    await expect(page.locator("h1")).to_have_text("Your security")
    await loaded(page)
    await authenticator.set_counter_back()
    await _sign_out(page)
    await page.get_by_role("button", name="Continue with a passkey").click()
    await expect(page.locator("main")).to_contain_text("Wrong passkey")
    await _first_step(page, operator)
    await _second_step(page, codes[0])
    await page.goto("/security")
    await loaded(page)
    await expect(page.locator(".method.sub")).to_contain_text("there may be a copy of it")
    await expect(page.locator("main")).to_contain_text("Stopped accepting a copied passkey")
    await page.locator(".method.sub").get_by_role("button", name="Remove").click()
    await page.get_by_role("button", name="Remove passkey").click()
    await expect(page.locator(".method.sub")).to_have_count(0)
    await page.get_by_role("button", name="Remove", exact=True).click()
    await page.get_by_role("button", name="Remove app").click()
    await expect(page.locator("main")).to_contain_text("Second factor off")
    await context.close()


@dataclass(frozen=True, slots=True)
class _Authenticator:
    """Chromium's virtual authenticator, as its DevTools protocol controls it."""

    session: Any  # Playwright's type has unknown parts.
    id: str

    async def set_counter_back(self) -> None:
        """Replace the passkey with a copy that has never been used."""
        known = {"authenticatorId": self.id}
        found = await self.session.send("WebAuthn.getCredentials", known)
        [passkey] = found["credentials"]
        await self.session.send("WebAuthn.clearCredentials", known)
        copied = {"credential": {**passkey, "signCount": 0}}
        await self.session.send("WebAuthn.addCredential", known | copied)


def _now() -> int:
    return int(time.time())  # noqa: TID251 -- a phone has its own clock


async def _context(chromium: Browser, installation: Installation) -> BrowserContext:
    return await chromium.new_context(base_url=installation.url, locale="en-GB")


async def _add_app(page: Page, markers: Markers) -> tuple[TOTP, list[str]]:
    await page.goto("/security")
    await loaded(page)
    await page.get_by_role("button", name="Set up").click()
    await page.get_by_role("button", name="Show the QR code").click()
    secret = page.locator(".app-secret")
    await expect(secret).to_have_text(re.compile("[A-Z2-7]{32}"))
    app = TOTP(markers.note(await secret.inner_text()))
    await expect(page.get_by_label("Code from the app")).to_be_focused()
    # The previous step's code is accepted too; using it here keeps the current one for the next sign-in.
    await page.get_by_label("Code from the app").fill(app.at(_now() - STEP))
    await page.get_by_role("button", name="Turn on").click()
    shown = page.locator("#sr-codes [data-codes] code")
    await expect(shown).to_have_count(10)
    codes = [markers.note(code) for code in await shown.all_inner_texts()]
    await page.get_by_role("button", name="I have saved them").click()
    await expect(page.locator("main")).to_contain_text("Second factor on")
    await expect(shown).to_have_count(0)
    return app, codes


async def _add_passkey(page: Page, context: BrowserContext) -> _Authenticator:
    session: Any = await context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    added = await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    await page.goto("/security")
    await loaded(page)
    await page.get_by_role("button", name="Add passkey").first.click()
    await page.locator("#add-passkey").get_by_label("Name").fill("Work laptop")
    await page.locator("#add-passkey").get_by_role("button", name="Add passkey").click()
    await expect(page.locator(".method.sub")).to_contain_text("Work laptop")
    return _Authenticator(session, added["authenticatorId"])


async def _sign_out(page: Page) -> None:
    await page.evaluate("document.getElementById('sr-sign-out').click()")
    await expect(page.locator("h1")).to_have_text("Sign in")


async def _first_step(page: Page, operator: Operator) -> None:
    await page.goto("/sign-in")
    await expect(page.get_by_label("Code")).to_be_hidden()
    await page.get_by_label("Email").fill(operator.email)
    await page.get_by_label("Password", exact=True).fill(operator.password)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_label("Code")).to_be_focused()


async def _second_step(page: Page, code: str) -> None:
    await page.get_by_label("Code").fill(code)
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.locator("h1")).to_have_text(re.compile("Overview|Welcome"))
    await loaded(page)
