"""Every kind of machine, from the one dialog that adds them (M-2 to M-7)."""

from __future__ import annotations

import asyncio
import re
import zipfile
from typing import TYPE_CHECKING

from playwright.async_api import expect

from .steps import ask, loaded, make_project, open_dialog, toasted

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Browser, Locator, Page

    from strongroom_testkit.markers import Markers

    from .machine import JoinedMachine

CONTAINER, TEMPORARY, MANY = "machines", "temporary-machine-tokens", "enrollment-tokens"


async def kind(page: Page, name: str, collection: str) -> tuple[Locator, Locator]:
    """Open the dialog and choose a kind; return the dialog and the fields of that kind."""
    await page.goto("/machines")
    await loaded(page)
    dialog = await open_dialog(page, "Add machine", "Add a machine")
    await dialog.get_by_role("radio", name=re.compile(f"^{name}")).check()
    return dialog, dialog.locator(f"fieldset[data-when='kind={collection}']").first


async def test_machines_that_are_approved_at_once(
    signed_in: Page, chromium: Browser, machine: JoinedMachine, markers: Markers, tmp_path: Path
) -> None:
    """M-4, M-5: a machine with a key file, and one that enrolls with a token, read without an approval."""
    page, value = signed_in, markers.value("kinds")
    await make_project(page, "kinds", {"KINDS_KEY": value})

    # A key file is downloaded once with the page's button, and the unpacked folder is an identity. The
    # link's path contains the code, so the leak check doesn't watch the recipient's browser.
    dialog, fields = await kind(page, "Container", CONTAINER)
    mount = tmp_path / "mount"
    await fields.get_by_label("Name", exact=True).fill("kinds-container")
    await fields.get_by_label("kinds/KINDS_KEY").check()
    await fields.get_by_label("Mount folder").fill(str(mount))
    await dialog.get_by_role("button", name="Create key file").click()
    link = dialog.locator("[data-result='url']").first
    await expect(link).to_contain_text("/v1/provision/")
    url = markers.note(await link.inner_text())
    markers.note(url.rpartition("/")[2])
    elsewhere = await chromium.new_context(locale="en-GB")
    tab = await elsewhere.new_page()
    await tab.goto(url)
    async with tab.expect_download() as downloading:
        await tab.get_by_role("button", name="Download the key file").click()
    saved = await (await downloading.value).path()
    await asyncio.to_thread(zipfile.ZipFile(saved).extractall, mount)
    for folder in (mount, mount / "vaults", *mount.glob("vaults/*")):
        folder.chmod(0o700)
    for file in mount.glob("vaults/*/*"):
        file.chmod(0o600)
    await tab.goto(url)
    await expect(tab.get_by_role("heading")).to_have_text("No key file here")
    await elsewhere.close()
    contained = type(machine)(machine.home, markers, mount)
    assert value == await contained.get("kinds/KINDS_KEY")

    # An enrollment token registers a machine without anyone's approval.
    dialog, fields = await kind(page, "Autoscaling", MANY)
    await fields.get_by_label("Name", exact=True).fill("kinds-runners")
    await fields.get_by_label("kinds/KINDS_KEY").check()
    await fields.get_by_label("Maximum machines").fill("1")
    await dialog.get_by_role("button", name="Create token").click()
    shown = dialog.locator("[data-result='token']").last
    await expect(shown).to_contain_text("sre_")
    token = markers.note(await shown.inner_text())
    command = await dialog.locator("[data-result='cliCommand']").last.inner_text()
    enrolled = type(machine)(machine.home, markers, tmp_path / "enrolled")
    await enrolled.run("sh", "-c", f"echo {token} | {command} --token -")
    assert value == await enrolled.get("kinds/KINDS_KEY")
    await page.goto("/machines/tokens")
    await loaded(page)
    row = page.locator("tr[data-row]", has_text="kinds-runners")
    await expect(row).to_contain_text("1 of 1")
    await expect(row).to_contain_text("Used up")


async def test_a_temporary_machine(
    signed_in: Page, machine: JoinedMachine, markers: Markers, tmp_path: Path
) -> None:
    """M-7: a temporary machine is approved as usual, and extended, reverted and limited on its page."""
    page, value = signed_in, markers.value("audit")
    project, secrets = await make_project(page, "audit", {"AUDIT_KEY": value})
    [secret] = secrets.values()
    dialog, fields = await kind(page, "Temporary", TEMPORARY)
    await fields.get_by_label("Name", exact=True).fill("audit-laptop")
    await dialog.get_by_role("button", name="Create temporary command").click()
    shown = dialog.locator("[data-result='command']").last
    await expect(shown).to_contain_text("/temp-bootstrap/")
    command = await shown.inner_text()
    markers.note(command)
    markers.note(command.split("/temp-bootstrap/")[1].split(maxsplit=1)[0])
    auditor = type(machine)(machine.home, markers, tmp_path / "temporary")
    await auditor.run("sh", "-c", command)
    waiting = await ask(page, "GET", "/api/machines?pending=true&limit=1")
    found = waiting["items"][0]["id"]
    await ask(page, "POST", f"/api/machines/{found}/approve", {})
    await ask(
        page,
        "PUT",
        f"/api/projects/{project}/machines/{found}/grants",
        {"grants": [{"secretId": secret}]},
    )
    assert value == await auditor.get("audit/AUDIT_KEY")
    await page.goto(f"/machines/{found}")
    await loaded(page)
    dialog = await open_dialog(page, "Extend", re.compile("Extend"))
    await dialog.get_by_label("Extend by").select_option(index=2)
    await dialog.get_by_label("Reason").fill("the audit takes longer")
    await dialog.get_by_role("button", name="Extend lifetime").click()
    await toasted(page, "extended")
    await expect(page.get_by_text("the audit takes longer").first).to_be_visible()
    dialog = await open_dialog(page, "Revert extension", re.compile("Revert"))
    await dialog.get_by_role("button", name="Revert extension").click()
    await toasted(page, "reverted")
    await expect(page.get_by_role("button", name="Revert extension")).to_have_count(0)
    dialog = await open_dialog(page, "Change guardrails", re.compile("Guardrails"))
    await dialog.get_by_label("From addresses").fill("10.0.0.0/8")
    await dialog.get_by_role("button", name="Save guardrails").click()
    await toasted(page, "saved")
    denied = await auditor.attempt("strongroom", "get", "audit/AUDIT_KEY")
    assert "guardrail" in denied.stderr
