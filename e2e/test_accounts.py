"""From signing up to a new password, with links in real emails (A-1, A-7)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from playwright.async_api import expect

from .steps import loaded, sign_in

if TYPE_CHECKING:
    from playwright.async_api import Page

    from strongroom_testkit.mail_server import MailServer
    from strongroom_testkit.markers import Markers

    from .person import Operator
    from .watched import Watched

EMAIL, USERNAME = "lin@example.org", "lin"
PATIENCE = 200
"""How many times to look for an email, ten times a second. The worker sends every two seconds."""


async def link_in(mails: MailServer, subject: str, markers: Markers) -> str:
    """Return the link in the newest email to the person with this subject, once it has arrived."""
    for _ in range(PATIENCE):
        for mail, recipients in zip(mails.mails, mails.recipients, strict=True):
            if recipients == [EMAIL] and mail["Subject"] == subject:
                link = mails.link_in(mail)
                markers.note(link.partition("#")[2])
                return link
        await asyncio.sleep(0.1)
    raise AssertionError(f"no mail {subject!r} arrived")


async def test_sign_up_and_a_forgotten_password(
    page: Page, operator: Operator, watched: Watched, mails: MailServer, markers: Markers
) -> None:
    """A-1, A-7: a person signs up, confirms, and signs in; then they set a new password with a link.

    The links' tokens leave the URL before any request, and the journey's traces are searched for
    them.
    """
    first, second = markers.password(), markers.password()
    await page.goto("/sign-in")
    await page.get_by_role("link", name="Sign up").click()
    await expect(page.locator("h1")).to_have_text("Sign up")
    privacy = page.get_by_role("link", name="Privacy")
    await expect(privacy).to_have_attribute("href", "https://example.org/privacy")
    await page.get_by_label("Email").fill(EMAIL)
    await page.get_by_label("Username").fill(USERNAME)
    await page.get_by_label("Password", exact=True).fill(first)
    await page.get_by_role("button", name="Sign up").click()
    await expect(page.get_by_role("status").filter(has_text="Check your email")).to_be_visible()

    await page.goto(await link_in(mails, "Confirm your email address", markers))
    await expect(page).to_have_url("/verify")
    watched.expect_status("/api/sign-up/confirm", 401)
    await page.get_by_label("Password", exact=True).fill(second)
    await page.get_by_role("button", name="Confirm my address").click()
    await expect(page.get_by_text("wrong password")).to_be_visible()
    await page.get_by_label("Password", exact=True).fill(first)
    await page.get_by_role("button", name="Confirm my address").click()
    await expect(page.locator("h1")).to_have_text("Sign in")
    await sign_in(page, EMAIL, first)
    await page.goto("/security")
    await loaded(page)
    await expect(page.get_by_text(EMAIL)).to_be_visible()
    await expect(page.get_by_role("link", name="Privacy")).to_be_visible()

    await page.context.clear_cookies()
    await page.goto("/sign-in")
    await page.get_by_role("link", name="Forgot password?").click()
    await expect(page.locator("h1")).to_have_text("Forgot your password?")
    await page.get_by_label("Email").fill(EMAIL)
    await page.get_by_role("button", name="Send a link").click()
    await expect(page.get_by_role("status").filter(has_text="15 minutes")).to_be_visible()

    await page.goto(await link_in(mails, "Choose a new password", markers))
    await page.get_by_label("Password", exact=True).fill(second)
    await page.get_by_role("button", name="Set new password").click()
    await expect(page.locator("h1")).to_have_text("Sign in")
    await sign_in(page, EMAIL, second)
