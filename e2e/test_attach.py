"""Attaching a machine to a project when the vault has more machines than the list shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.async_api import expect

from .steps import loaded, make_project, open_dialog, toasted

if TYPE_CHECKING:
    from playwright.async_api import Page

    from strongroom_testkit.markers import Markers

    from .machine import JoinedMachine


async def test_a_machine_is_searched_for_and_attached(
    signed_in: Page, machine: JoinedMachine, markers: Markers
) -> None:
    """M-9: the dialog stays open during a search on the server, and the results can be selected."""
    page = signed_in
    other, secrets = await make_project(page, "attic", {"ATTIC_KEY": markers.value("attic")})
    joined = await machine.join(page, other, [*secrets.values()])
    project, _ = await make_project(page, "loft", {})
    # Show the search field. It is hidden because there are few machines; a search without results shows it
    # too.
    await page.goto(f"/projects/{project}/machines?machine=nowhere")
    await loaded(page)
    dialog = await open_dialog(page, "Attach", "Attach machines")
    await expect(dialog.get_by_text("No matching machines.")).to_be_visible()
    await dialog.get_by_role("searchbox").fill(joined["name"][:3].upper())
    await expect(dialog.locator(f"[data-pick='{joined['id']}']")).to_be_visible()
    await dialog.get_by_role("button", name="Attach", exact=True).click()
    await expect(dialog.get_by_role("alert")).to_have_text("Select at least one.")
    await dialog.locator(f"[data-pick='{joined['id']}']").check()
    await expect(dialog.get_by_text("1 selected")).to_be_visible()
    await dialog.get_by_role("button", name="Attach", exact=True).click()
    await toasted(page, "1 machine attached.")

    row = page.locator("tr[data-row]", has_text=joined["name"])
    await row.get_by_role("link", name="Choose secrets").click()
    await expect(page).to_have_url(re.compile(f"/machines/{joined['id']}\\?project={project}"))
