"""What a person does in the dashboard, one step each: what is clicked and typed, and what is seen then."""

from __future__ import annotations

import re

from playwright.async_api import Locator, Page, expect

PATIENCE = 60_000
"""Milliseconds that anything may take here; figures come from the benchmark."""


def patient() -> None:
    """Let every expectation wait generously."""
    expect.set_options(timeout=PATIENCE)


async def sign_in(page: Page, email: str, password: str) -> None:
    """Sign in and wait for the overview."""
    await page.goto("/sign-in")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator("h1")).to_have_text(re.compile("Overview|Welcome"))
    await expect(page.get_by_role("button", name="Search or run a command").first).to_be_visible()


async def open_dialog(page: Page, button: str, title: str | re.Pattern[str]) -> Locator:
    """Press a button and return the dialog it opens."""
    await page.get_by_role("button", name=button).first.click()
    dialog = page.get_by_role("dialog", name=title)
    await expect(dialog).to_be_visible()
    return dialog


async def toasted(page: Page, text: str) -> None:
    """See a toast that says so."""
    await expect(page.locator(".toast", has_text=text).first).to_be_visible()
