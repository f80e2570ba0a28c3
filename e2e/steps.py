"""Steps that a person takes in the dashboard: what they click and type, and what they see afterwards."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Error, Locator, Page, expect

from .person import Operator
from .watched import Watched

PATIENCE = 60_000
"""The longest that a step may take, in milliseconds. The benchmark measures the real times."""

_ASK = """
async ([method, path, body]) => {
    const headers = {Accept: "application/json", "X-Strongroom-Client": "dashboard"};
    const vault = document.querySelector("[data-vault]")?.dataset.vault;
    if (vault) headers["X-Strongroom-Vault"] = vault;
    if (body !== null) headers["Content-Type"] = "application/json";
    const sent = body === null ? undefined : JSON.stringify(body);
    const answer = await fetch(path, {method, headers, body: sent});
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : {};
}
"""


def patient() -> None:
    """Give every expectation a generous timeout."""
    expect.set_options(timeout=PATIENCE)


async def accept_first_link(page: Page, link: str, operator: Operator) -> None:
    """Open the setup link that `init` printed, and create the administrator's account."""
    await page.goto(link)
    await page.get_by_label("Email").fill(operator.email)
    await page.get_by_label("Username").fill(operator.username)
    await page.get_by_label("Password", exact=True).fill(operator.password)
    await page.get_by_role("button", name="Create account").click()
    await expect(page.locator("h1")).to_have_text("Sign in")


async def sign_in(page: Page, email: str, password: str) -> None:
    """Sign in and wait for the overview."""
    await page.goto("/sign-in")
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator("h1")).to_have_text(re.compile("Overview|Welcome"))
    await loaded(page)


async def loaded(page: Page) -> None:
    """Wait until the page knows its vault and every table and card has loaded its rows."""
    await expect(page.locator("[data-vault]").first).to_have_attribute(
        "data-vault", re.compile(".")
    )
    await expect(page.locator("main .skel")).to_have_count(0)


async def loaded_again(page: Page) -> None:
    """Wait until the page has reloaded, as it does after a change that was made with a new session.

    Navigating before that would race with the reload, and one of the two would never finish loading.
    """
    await expect(page.locator("html[data-sr-ready]")).to_have_count(1)
    await loaded(page)


async def open_dialog(page: Page, button: str, title: str | re.Pattern[str]) -> Locator:
    """Press a button and return the dialog it opens."""
    await page.get_by_role("button", name=button).first.click()
    dialog = page.get_by_role("dialog", name=title)
    await expect(dialog).to_be_visible()
    return dialog


async def toasted(page: Page, text: str) -> None:
    """Wait for a toast with this text."""
    await expect(page.locator(".toast", has_text=text).first).to_be_visible()


async def ask(page: Page, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Call the human API from the page, to set up what a journey needs but doesn't test."""
    return await page.evaluate(_ASK, [method, path, body])


async def forbidden(
    watched: Watched, page: Page, method: str, path: str, body: dict[str, Any]
) -> None:
    """Call the human API from the page, and expect the status 403, which the console shows as an error."""
    watched.expect_status(path, 403)
    with pytest.raises(Error, match=f"{path}: 403 "):
        await ask(page, method, path, body)


async def make_project(
    page: Page, name: str, secrets: dict[str, Any]
) -> tuple[str, dict[str, str]]:
    """Create a project with secrets through the API; return its ID, and the secrets' IDs by name.

    A secret's value is a string, or a dict of fields for a structured secret.
    """
    project = await ask(page, "POST", "/api/projects", {"name": name})
    made: dict[str, str] = {}
    for title, value in secrets.items():
        kind = (
            {"kind": "single", "value": value}
            if isinstance(value, str)
            else {"kind": "structured", "fields": value}
        )
        secret = await ask(
            page, "POST", f"/api/projects/{project['id']}/secrets", {"name": title, **kind}
        )
        made[title] = secret["id"]
    return project["id"], made
