"""The administrator suspends an account; a person switches vaults and deletes one (Q-3, A-8, V-8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.async_api import expect

from strongroom_dashboard.components.vaults import NEW_VAULT, VAULTS
from strongroom_dashboard.screens.screen import PATIENCE

from .steps import ask, loaded, loaded_again, open_dialog, sign_in, toasted

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page

    from strongroom_testkit.markers import Markers

    from .installation import Installation
    from .watched import Watched

EMAIL, USERNAME = "mats@example.org", "mats"


async def _sign_up(page: Page, operator: Page, markers: Markers) -> str:
    """Have someone sign up with the link that the administrator creates; return their password."""
    password = markers.password()
    body = {"email": EMAIL, "username": USERNAME, "password": password}
    await page.goto("/sign-in")
    await ask(page, "POST", "/api/sign-up", body)
    dialog = await open_dialog(operator, "Create sign-up link", "Create a sign-up link")
    await dialog.get_by_label("Email").fill(EMAIL)
    await dialog.get_by_role("button", name="Create link").click()
    shown = dialog.locator("[data-result=link]")
    await expect(shown).to_contain_text("/verify#")
    token = markers.note((await shown.inner_text()).partition("#")[2])
    await ask(page, "POST", "/api/sign-up/confirm", {"token": token, "password": password})
    await dialog.get_by_role("button", name="Done").click()
    await expect(dialog).to_be_hidden()
    return password


async def test_the_operator_suspends_an_account(
    signed_in: Page,
    chromium: Browser,
    installation: Installation,
    watched: Watched,
    markers: Markers,
) -> None:
    """A-9, A-12, Q-3: someone signs up with the administrator's link; once suspended, their page ends."""
    other = await chromium.new_context(base_url=installation.url, locale="en-GB")
    await watched.watch(other)
    theirs = await other.new_page()
    await signed_in.goto("/operator")
    await loaded(signed_in)
    await sign_in(theirs, EMAIL, await _sign_up(theirs, signed_in, markers))
    await signed_in.get_by_label("Search usernames and emails").fill(EMAIL)
    await expect(signed_in.get_by_role("table", name="Accounts").get_by_role("row")).to_have_count(
        2
    )
    row = signed_in.get_by_role("row", name=EMAIL)
    await row.get_by_role("link", name="Suspend").click()
    dialog = signed_in.get_by_role("dialog", name=f"Suspend {USERNAME}?")
    await expect(dialog).to_contain_text(f"machines in {USERNAME}'s vault stop working")
    await dialog.get_by_label("Reason").fill("left the company")
    await dialog.get_by_role("button", name="Suspend account").click()
    await toasted(signed_in, f"{USERNAME} suspended")
    await expect(theirs.locator("h1")).to_have_text("Sign in")
    await other.close()
    await expect(row).to_contain_text("Suspended")
    await row.get_by_role("button", name="Reactivate").click()
    await toasted(signed_in, f"{USERNAME} is active again")


async def test_switching_vaults_takes_two_clicks(
    signed_in: Page, context: BrowserContext, watched: Watched
) -> None:
    """A-8: every page shows its vault; a page of the previous vault can't change anything, and says so."""
    watched.expected.append("/api/vaults/")
    await signed_in.goto("/")
    await loaded(signed_in)
    await signed_in.get_by_role("button", name="Switch vault").first.click()
    await signed_in.get_by_role("button", name="New vault").click()
    dialog = signed_in.locator(f"#{NEW_VAULT}")
    await dialog.get_by_label("Name").fill("Side project")
    await dialog.get_by_role("button", name="Create vault").click()
    await toasted(signed_in, "Side project created")
    left_open = await context.new_page()
    await left_open.goto("/settings")
    await loaded(left_open)
    await _enter(signed_in, "Side project")
    await expect(signed_in.locator(".crumbs")).to_contain_text("Side project")
    await left_open.get_by_label("Name").first.fill("Renamed by mistake")
    # By now, the page has looked its session up again. It still shows the vault for which it was opened.
    await left_open.wait_for_timeout(1000 * (PATIENCE + 2))
    await expect(left_open.locator(".crumbs")).not_to_contain_text("Side project")
    await left_open.get_by_role("button", name="Save name").click()
    await expect(left_open.locator("main")).to_contain_text("You switched to another vault")
    await left_open.close()
    names = [each["name"] for each in await ask(signed_in, "GET", "/api/vaults")]

    assert "Renamed by mistake" not in names
    await _enter(signed_in, names[0])


async def test_a_vault_is_deleted_and_restored(signed_in: Page) -> None:
    """V-8, U-5: the vault's name must be typed; the page then says that it is deleted, and can restore it."""
    await signed_in.goto("/")
    await loaded(signed_in)
    await ask(signed_in, "POST", "/api/vaults", {"name": "Short-lived"})
    first = (await ask(signed_in, "GET", "/api/vaults"))[0]["name"]
    await signed_in.reload()
    await loaded(signed_in)
    await _enter(signed_in, "Short-lived")
    await signed_in.goto("/settings")
    await loaded(signed_in)
    await signed_in.get_by_role("button", name="Delete vault").first.click()
    dialog = signed_in.get_by_role("dialog", name="Delete Short-lived?")
    await dialog.get_by_label("to confirm").fill("Short-lived")
    await dialog.get_by_role("button", name="Delete vault").click()
    await expect(signed_in.locator(".frozen-bar")).to_contain_text("This vault is deleted")
    await signed_in.get_by_role("button", name="Restore vault").click()
    await expect(signed_in.locator(".frozen-bar")).to_have_count(0)
    await _enter(signed_in, first)


async def _enter(page: Page, name: str) -> None:
    """Switch to a vault, with two clicks."""
    await page.get_by_role("button", name="Switch vault").first.click()
    await page.locator(f"#{VAULTS}").get_by_role("button", name=name).click()
    await page.wait_for_url("**/")
    await expect(page.locator(".crumbs")).to_contain_text(name)
    await loaded_again(page)
