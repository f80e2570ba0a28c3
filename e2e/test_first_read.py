"""From the operator's link to the first read, which the page shows as it happens (U-1, U-2)."""

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


async def test_from_the_first_link_to_the_first_read(
    page: Page,
    installation: Installation,
    operator: Operator,
    markers: Markers,
    machine: JoinedMachine,
) -> None:
    """U-1: first link, first secret, a machine by the real script, approved, granted, read live."""
    value = markers.value("stripe")
    await sign_in(page, operator.email, operator.password)
    await expect(page.locator("h1")).to_have_text("Welcome, ada")

    # A project and its first secret.
    await page.get_by_role("link", name="New project").first.click()
    dialog = page.get_by_role("dialog", name="New project")
    await dialog.get_by_label("Name").fill("billing")
    await dialog.get_by_role("button", name="Create project").click()
    await expect(page.locator("h1")).to_contain_text("billing")
    await page.get_by_label("Name").first.fill("STRIPE_SECRET_KEY")
    await page.locator("main [data-secret]").first.fill(value)
    await page.locator("main").get_by_role("button", name="Create secret").click()
    await expect(page.get_by_role("link", name="STRIPE_SECRET_KEY").first).to_be_visible()

    # A machine joins by the command that the page shows once.
    await page.goto("/machines")
    dialog = await open_dialog(page, "Add machine", "Add a machine")
    shown = dialog.locator('[data-result="command"]').first
    await expect(shown).to_have_text(COMMAND)
    printed = await machine.run("sh", "-c", machine.note(await shown.inner_text()))
    await expect(dialog.get_by_text("has called.")).to_be_visible()
    await dialog.get_by_role("link", name="Compare its fingerprint").click()
    # The list that was there before has such a card too.
    await expect(page).to_have_url(re.compile(r"/machines/[0-9a-f-]{36}$"))
    await expect(page.get_by_role("dialog", name="Add a machine")).to_have_count(0)
    await expect(page.locator("h1")).not_to_contain_text("Machines")
    await loaded(page)
    approve = page.get_by_role("button", name="They match, approve").first
    await expect(approve).to_be_visible()
    [line] = [line for line in printed.splitlines() if FINGERPRINT.search(line)]
    await page.get_by_label("Or paste the print-out").fill(line)
    await expect(page.locator("[data-verdict]").first).to_contain_text("same")
    groups = await page.locator("[data-groups]").first.inner_text()
    assert "".join(groups.split()) in "".join(line.split())
    await approve.click()
    await toasted(page, "approved")

    # It may read nothing until the secret is named for it.
    dialog = await open_dialog(page, "Attach to a project", "Attach to a project")
    await dialog.get_by_role("button", name="Attach and choose secrets").click()
    await page.get_by_role("button", name="Let it read STRIPE_SECRET_KEY").click()
    await page.get_by_role("button", name=re.compile("^Save 1 change")).click()
    await toasted(page, "Saved.")

    # The overview ticks by itself when the machine reads.
    await page.goto("/")
    await expect(page.locator("h1")).to_have_text("Welcome, ada")
    assert value == await machine.get("billing/STRIPE_SECRET_KEY")
    await expect(page.locator("h1")).to_have_text("Overview")
    await expect(page.locator("main").get_by_text("STRIPE_SECRET_KEY").first).to_be_visible()


async def test_the_first_link_works_once(
    page: Page, installation: Installation, operator: Operator, watched: Watched, markers: Markers
) -> None:
    """A-1: whoever opens the link again makes no second account, and is told why."""
    watched.expected.append("/api/setup")
    await page.goto(installation.link)
    await page.get_by_label("E-mail").fill("eve@example.org")
    await page.get_by_label("Username").fill("eve")
    await page.get_by_label("Password", exact=True).fill(markers.password())

    await page.get_by_role("button", name="Make my account").click()

    await expect(
        page.get_by_role("alert").filter(has_text=re.compile("link|token"))
    ).to_be_visible()
