"""A frozen project denies every read until someone unfreezes it and gives a reason (V-4)."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from strongroom_testkit.markers import Markers

from .aging import Age
from .installation import Installation
from .machine import JoinedMachine
from .person import Operator
from .steps import ask, loaded, make_project, open_dialog, sign_in, toasted
from .watched import Watched


async def test_a_freeze_and_the_way_back(
    signed_in: Page, machine: JoinedMachine, markers: Markers
) -> None:
    """V-4: after a freeze, the page shows a denied read live; after recovery, the machine can read again."""
    page, value = signed_in, markers.value("ledger")
    project, secrets = await make_project(page, "ledger", {"LEDGER_KEY": value})
    joined = await machine.join(page, project, [*secrets.values()])
    assert value == await machine.get("ledger/LEDGER_KEY")

    # Before the freeze, the dialog shows how many machines and reads will be affected.
    await page.goto(f"/projects/{project}/settings")
    await loaded(page)
    dialog = await open_dialog(page, "Freeze project", re.compile("Freeze ledger"))
    counted = dialog.locator(".consequences")
    await expect(counted).to_contain_text(re.compile("1 *machine"))
    await dialog.get_by_role("button", name="Freeze project").click()
    await expect(dialog.get_by_text("Enter a reason.")).to_be_visible()
    await dialog.get_by_label("Reason").fill("A laptop is missing.")
    await dialog.get_by_role("button", name="Freeze project").click()

    # Every page of the project is red and shows that the project is frozen.
    await expect(page).to_have_url(re.compile("/frozen$"))
    await expect(page.locator(".shell")).to_have_class(re.compile("is-frozen"))
    await expect(page.get_by_text("A laptop is missing.").first).to_be_visible()
    await expect(page.get_by_text("LEDGER_KEY").first).to_be_visible()

    # The machine's read is denied, and the page shows this without a reload.
    refused = await machine.attempt("strongroom", "get", "ledger/LEDGER_KEY")
    assert refused.returncode
    assert "frozen" in refused.stderr
    assert not refused.stdout
    now = page.get_by_role("list", name=re.compile("Reads blocked since"))
    await expect(now.get_by_text("LEDGER_KEY")).to_be_visible()
    await expect(now.get_by_text(joined["name"])).to_be_visible()

    # The bar is on every page of the vault.
    for place in ("Overview", "Machines", "Audit log", "Trash", "Secrets"):
        nav = page.get_by_role("navigation", name="Main", exact=True)
        await nav.get_by_role("link", name=place).click()
        await expect(page.locator("h1")).to_contain_text(place)
        await expect(page.locator(".frozen-bar")).to_contain_text("ledger is frozen")
        await expect(page.locator(".shell")).not_to_have_class(re.compile("is-frozen"))
    await page.get_by_role("link", name="Go to recovery").click()
    await expect(page.locator("h1")).to_contain_text("ledger")

    # Write the incident note, and unfreeze the project.
    await page.get_by_text("Write summary").click()
    await page.get_by_label("Summary", exact=True).fill(
        "The laptop was found; its disk was encrypted."
    )
    await page.get_by_role("button", name="Save summary").click()
    await toasted(page, "Summary saved.")
    await page.get_by_role("button", name="Unfreeze project").click()
    await expect(page.get_by_text("Enter a reason.")).to_be_visible()
    await page.get_by_label("Reason").fill("Nothing left the house.")
    await page.get_by_role("button", name="Unfreeze project").click()
    await toasted(page, "unfrozen.")
    await expect(page.locator(".frozen-bar")).to_have_count(0)
    await expect(page.locator(".shell")).not_to_have_class(re.compile("is-frozen"))
    assert value == await machine.get("ledger/LEDGER_KEY")


async def test_unfreezing_asks_for_the_password(
    page: Page,
    installation: Installation,
    operator: Operator,
    watched: Watched,
    markers: Markers,
    age: Age,
) -> None:
    """A-5: if the password was last confirmed over ten minutes ago, the page asks for it first."""
    await sign_in(page, operator.email, operator.password)
    project, _ = await make_project(page, "garret", {"GARRET_KEY": markers.value("garret")})
    await ask(page, "POST", f"/api/projects/{project}/freeze", {"reason": "Dust."})
    await page.goto("about:blank")
    await age.sessions(minutes=11)

    await page.goto(f"/projects/{project}/frozen")
    await loaded(page)
    watched.expected += ["/unfreeze", "/step-up"]
    await page.get_by_label("Reason").fill("Swept.")
    await page.get_by_role("button", name="Unfreeze project").click()
    dialog = page.get_by_role("dialog", name="Confirm it's you")
    await expect(dialog.get_by_label("Password", exact=True)).to_be_focused()

    await page.keyboard.press("Escape")
    await expect(page.get_by_text("Canceled. Nothing was changed.")).to_be_visible()

    await page.get_by_role("button", name="Unfreeze project").click()
    await dialog.get_by_label("Password", exact=True).fill(markers.password())
    await dialog.get_by_role("button", name="Confirm").click()
    await expect(
        dialog.get_by_text(re.compile("wrong|not right|do not", re.IGNORECASE))
    ).to_be_visible()
    await dialog.get_by_label("Password", exact=True).fill(operator.password)
    await dialog.get_by_role("button", name="Confirm").click()

    await toasted(page, "unfrozen.")


@pytest.fixture
def age(installation: Installation) -> Age:
    """The helper that makes sessions older."""
    return Age(installation)
