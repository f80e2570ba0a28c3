"""From the setup link to the first read, which the page shows live (U-1, U-2)."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from strongroom_testkit.markers import Markers

from .installation import Installation
from .machine import FINGERPRINT, JoinedMachine
from .person import Operator
from .steps import loaded, open_dialog, sign_in, toasted
from .watched import Watched

COMMAND = re.compile(r"curl -sSL http://localhost:\d+/v1/bootstrap/\S+ \| sh")


async def test_from_the_first_link_to_the_first_read(  # noqa: PLR0915 -- one journey
    page: Page,
    installation: Installation,
    operator: Operator,
    markers: Markers,
    machine: JoinedMachine,
) -> None:
    """U-1: an administrator gets from the setup link to a machine's first read, which the page shows live."""
    value = markers.value("stripe")
    await sign_in(page, operator.email, operator.password)
    await expect(page.locator("h1")).to_have_text("Welcome, ada")

    # Create an application, and the first secret of its first environment.
    await page.get_by_role("link", name="New application").first.click()
    dialog = page.get_by_role("dialog", name="New application")
    await dialog.get_by_label("Name").fill("billing")
    await dialog.get_by_role("button", name="Create application").click()
    await expect(page.locator("h1")).to_contain_text("billing")
    await loaded(page)
    name = page.get_by_label("Name").first
    await name.fill("STRIPE#KEY")
    await name.blur()
    await expect(page.get_by_text("A name can't contain / or #.")).to_be_visible()
    await name.fill("STRIPE_SECRET_KEY")
    await expect(page.get_by_text("Programs see STRIPE_SECRET_KEY.")).to_be_visible()
    await page.locator("main [data-secret]").first.fill(f"{value}\n")
    await expect(page.get_by_text("Ends with a line break.")).to_be_visible()
    await page.locator("main").get_by_role("button", name="Remove", exact=True).click()
    await page.locator("main").get_by_role("button", name="Create secret").click()
    await expect(page.get_by_role("link", name="STRIPE_SECRET_KEY").first).to_be_visible()

    # A machine registers with the command that the page shows once.
    await page.goto("/machines")
    dialog = await open_dialog(page, "Add machine", "Add a machine")
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await dialog.get_by_role("button", name="Create command").click()
    await expect(dialog.get_by_role("radio", name="Linux, macOS")).to_be_checked()
    shown = dialog.locator('[data-result="command"]').first
    await expect(shown).to_have_text(COMMAND)
    await expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    assert await shown.inner_text() == await page.evaluate("navigator.clipboard.readText()")
    printed = await machine.run("sh", "-c", machine.note(await shown.inner_text()))
    # The dialog contains one such line for each kind of machine, and shows the one for the selected kind.
    await expect(dialog.get_by_text("is ready for approval.").first).to_be_visible()
    await expect(dialog.get_by_role("button", name="Copy command")).to_have_count(0)
    await dialog.get_by_role("link", name="Compare fingerprint").click()
    # The list behind the dialog has a card for the machine too.
    await expect(page).to_have_url(re.compile(r"/machines/[0-9a-f-]{36}$"))
    await expect(page.get_by_role("dialog", name="Add a machine")).to_have_count(0)
    await expect(page.locator("h1")).not_to_contain_text("Machines")
    await loaded(page)
    approve = page.get_by_role("button", name="Approve machine").first
    await expect(approve).to_be_visible()
    rows = [line for line in printed.splitlines() if FINGERPRINT.search(line)]
    line = "".join(rows)
    await page.get_by_label("Or paste it here to compare").fill(line)
    await expect(page.locator("[data-verdict]").first).to_contain_text("match")
    groups = await page.locator("[data-groups]").first.inner_text()
    assert "".join(groups.split()) in "".join(line.split())
    # The machine's access is chosen during approval, which also attaches the machine.
    await page.get_by_label("STRIPE_SECRET_KEY").check()
    await approve.click()
    await toasted(page, "approved")
    await expect(page.get_by_text("Access to 1 secret in 1 project.")).to_be_visible()

    shown = [await _way(page, name) for name in ("CLI", "run", "Python", "Install")]

    # The overview checks off the step automatically when the machine reads. The commands work as printed.
    await page.goto("/")
    await expect(page.locator("h1")).to_have_text("Welcome, ada")
    assert value == (await machine.run("sh", "-c", shown[0])).strip()
    await expect(page.locator("h1")).to_have_text("Overview")
    await expect(page.locator("main").get_by_text("STRIPE_SECRET_KEY").first).to_be_visible()
    assert value == (await machine.run("sh", "-c", shown[1])).strip()
    assert value == (await machine.run("python", "-c", f"{shown[2]}\nprint(value)")).strip()
    assert "/download/strongroom.txt" in shown[3]


async def _way(page: Page, name: str) -> str:
    """Return the command in *Use it*, on the tab with this name."""
    block = page.locator(".use-it").first
    await block.get_by_text(name, exact=True).click()
    return await block.locator(".way-shown:visible code > span:last-child").inner_text()


async def test_the_first_link_works_once(
    page: Page, installation: Installation, operator: Operator, watched: Watched, markers: Markers
) -> None:
    """A-1: opening the link again doesn't create a second account, and the page explains why."""
    watched.expected.append("/api/setup")
    await page.goto(installation.link)
    await page.get_by_label("Email").fill("eve@example.org")
    await page.get_by_label("Username").fill("eve")
    await page.get_by_label("Password", exact=True).fill(markers.password())

    await page.get_by_role("button", name="Create account").click()

    await expect(
        page.get_by_role("alert").filter(has_text=re.compile("link|token"))
    ).to_be_visible()
