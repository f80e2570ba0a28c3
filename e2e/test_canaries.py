"""A canary from planting to recovery (C-1 to C-5, V-4)."""

from __future__ import annotations

import re

from playwright.async_api import BrowserContext, Page, expect

from strongroom_testkit.markers import Markers

from .machine import JoinedMachine
from .steps import loaded, make_project, open_dialog, toasted


async def test_a_canary_from_planting_to_recovery(
    signed_in: Page, context: BrowserContext, machine: JoinedMachine, markers: Markers
) -> None:
    """C-1 to C-5: a canary is planted, tested with a drill and read; all pages react, and people recover."""
    page, value = signed_in, markers.value("aviary")
    project, secrets = await make_project(page, "aviary", {"AVIARY_KEY": value})
    joined = await machine.join(page, project, [*secrets.values()])

    await page.goto(f"/projects/{project}/canaries")
    await loaded(page)
    dialog = await open_dialog(page, "Plant canary", "Plant a canary")
    await dialog.get_by_text("Password", exact=True).click()
    await expect(dialog.get_by_label("Name", exact=True).locator("visible=true")).to_have_value(
        "ROOT_PASSWORD"
    )
    await dialog.get_by_text(joined["name"]).click()
    await dialog.get_by_role("button", name="Plant canary").click()
    await toasted(page, "ROOT_PASSWORD planted.")
    row = page.locator("tr", has_text="ROOT_PASSWORD")
    await expect(row).to_contain_text("Armed")

    await row.get_by_role("button", name="Drill").click()
    dialog = page.get_by_role("dialog", name="Drill: ROOT_PASSWORD")
    await dialog.get_by_role("button", name="Run drill").click()
    await expect(dialog).to_contain_text(f"A read by {joined['name']} would freeze this project")
    await dialog.get_by_role("button", name="Done").click()
    await (
        page.get_by_role("navigation", name="Sections").get_by_role("link", name="Secrets").click()
    )
    listed = page.locator("tr", has_text="ROOT_PASSWORD")
    await expect(listed).to_contain_text("Canary")

    # The machine gets the decoy, and every open page reacts without a reload.
    other = await context.new_page()
    await other.goto("/machines")
    await loaded(other)
    bar = other.locator(".frozen-bar")
    before = await bar.all_text_contents()  # Other journeys may have left a frozen project.
    markers.note(await machine.get("aviary/ROOT_PASSWORD"))
    await expect(page.locator(".shell")).to_have_class(re.compile("is-frozen"))
    await expect(bar).to_contain_text(re.compile("aviary is frozen|projects are frozen"))
    refused = await machine.attempt("strongroom", "get", "aviary/AVIARY_KEY")
    assert "frozen" in refused.stderr

    await page.get_by_role("link", name="Go to recovery").click()
    await expect(page.get_by_role("heading", name="Frozen. A canary was read.")).to_be_visible()
    story = page.get_by_role("region", name="The freeze")
    await expect(story).to_contain_text(f"{joined['name']} read the canary ROOT_PASSWORD")
    await page.get_by_role("button", name="Re-plant").click()
    await toasted(page, "ROOT_PASSWORD re-planted.")
    await expect(page.get_by_text("A new decoy is in place.")).to_be_visible()
    await page.get_by_label("Reason").fill("It was a rehearsal.")
    await page.get_by_role("button", name="Unfreeze project").click()
    await toasted(page, "unfrozen.")
    await expect(bar).to_have_text(before)
    assert value == await machine.get("aviary/AVIARY_KEY")
