"""Every flow works without a pointer. The focus is always visible, and returns after a dialog (U-2)."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from strongroom_testkit.markers import Markers

from .keyboard import Keys
from .machine import JoinedMachine
from .person import Operator
from .steps import ask, loaded, make_project, toasted


async def test_a_project_and_its_secrets(page: Page, operator: Operator, markers: Markers) -> None:
    """U-2: people can sign in, create a project and secrets, and open one, using only the keyboard."""
    keys = Keys(page)
    await page.goto("/sign-in")
    await keys.is_on("Email*")
    await keys.type(operator.email)
    await keys.fill("Password*", operator.password)
    await keys.press("Enter")
    await expect(page.locator("h1")).to_have_text(re.compile("Overview|Welcome"))
    await loaded(page)

    # Create a project. Canceling its dialog returns the focus to the button.
    await keys.press("g", "s")
    await expect(page.locator("h1")).to_have_text("Secrets")
    await loaded(page)
    await keys.use("New project", tag="button")
    await keys.is_on("Name*")
    await keys.press("Escape")
    await keys.is_on("New project")
    await keys.press("Enter")
    await keys.is_on("Name*")
    await keys.type("hand-made")
    await keys.press("Enter")
    await expect(page.locator("h1")).to_contain_text("hand-made")
    await loaded(page)

    # Add two secrets.
    for name, button in (("FIRST_KEY", None), ("SECOND_KEY", "New secret")):
        if button is not None:
            await keys.press("Escape")
            await expect(page.locator(".drawer")).to_have_count(0)
            await keys.use(button, tag="button")
            await keys.is_on("Name*")
        await keys.fill("Name*", name)
        await keys.fill("Value*", markers.value("by-hand"))
        await keys.use("Create secret", tag="button")
        await toasted(page, f"{name} created.")
        await expect(page.locator(".drawer h2")).to_have_text(name)
        await keys.is_on(name)

    # j and k step through the rows, Enter opens one, Escape closes it.
    await keys.press("Escape")
    await expect(page.locator(".drawer")).to_have_count(0)
    await page.reload()
    await loaded(page)
    await keys.press("j")
    await keys.is_on("FIRST_KEY")
    await keys.press("j")
    await keys.is_on("SECOND_KEY")
    await keys.press("k", "Enter")
    await expect(page.locator(".drawer h2")).to_have_text("FIRST_KEY")
    await keys.press("j")
    await expect(page.locator(".drawer h2")).to_have_text("SECOND_KEY")

    # The arrow keys move along the tabs.
    await keys.to("Summary", tag="a")
    await keys.press("ArrowRight", "ArrowLeft", "ArrowRight")
    await keys.is_on("Versions")


async def test_replace_delete_and_undo(signed_in: Page, markers: Markers) -> None:
    """U-2: people can open a secret, replace its value, delete it and undo that, using only the keyboard."""
    page, keys = signed_in, Keys(signed_in)
    values = {"FIRST_KEY": markers.value("by-hand")}
    project, secrets = await make_project(page, "hand-kept", values)
    await page.goto(f"/projects/{project}?secret={secrets['FIRST_KEY']}")
    await loaded(page)
    await expect(page.locator(".drawer h2")).to_have_text("FIRST_KEY")

    await keys.use("Replace", tag="button")
    await keys.is_on("New value*")
    await keys.type(markers.value("by-hand-again"))
    await keys.press("Control+Enter")
    await toasted(page, "FIRST_KEY is now version 2.")
    await keys.is_on("Replace")

    await keys.use("More actions", tag="button")
    await keys.is_on("Edit")
    await keys.press("ArrowUp")
    await keys.is_on("Delete")
    await keys.press("Enter")
    await keys.is_on("Cancel")
    await keys.use("Delete secret", tag="button")
    await toasted(page, "FIRST_KEY moved to the trash.")
    await expect(page.get_by_role("link", name="FIRST_KEY")).to_have_count(0)
    await keys.use("Undo", tag="button")
    await toasted(page, "Undone.")
    await expect(page.get_by_role("link", name="FIRST_KEY")).to_be_visible()


async def test_a_machine_from_its_call_to_its_grants(
    signed_in: Page, machine: JoinedMachine, markers: Markers
) -> None:
    """U-2: people can approve a machine, attach it and choose its secrets, using only the keyboard."""
    page, keys = signed_in, Keys(signed_in)
    values = {"KEPT_KEY": markers.value("kept"), "OTHER_KEY": markers.value("other")}
    await make_project(page, "by-hand", values)
    called = await machine.register(page)
    await page.goto(f"/machines/{called['id']}")
    await loaded(page)

    await keys.use("Approve machine", tag="button")
    await toasted(page, "approved.")
    await keys.use("Attach to a project", tag="button")
    await keys.is_on("Project*")
    await keys.type("by-hand")
    await keys.use("Attach and choose secrets", tag="button")
    await expect(page.get_by_text("Access to by-hand")).to_be_visible()
    await keys.to("All secrets")
    await keys.press("ArrowDown", "ArrowDown")
    await keys.is_on("OTHER_KEY")
    await keys.press("ArrowUp", "Space")
    await keys.is_on("KEPT_KEY")
    await keys.use("Save 1 change", tag="button")
    await toasted(page, "Access updated.")

    assert values["KEPT_KEY"] == await machine.get("by-hand/KEPT_KEY")


async def test_the_palette_opens_a_secret(signed_in: Page, markers: Markers) -> None:
    """U-2: Ctrl+K finds a secret by its name and opens it; Escape returns the focus."""
    page, keys = signed_in, Keys(signed_in)
    await make_project(page, "cellar", {"CELLAR_DOOR_KEY": markers.value("cellar")})
    await keys.to("Machines*", tag="a")

    await keys.press("Control+k")
    await keys.is_on("Search or run a command")
    await keys.press("Escape")
    await keys.is_on("Machines*")
    await keys.press("Control+k")
    await keys.type("cellar_door")
    await expect(page.get_by_role("option", name=re.compile("CELLAR_DOOR_KEY"))).to_be_visible()
    await keys.press("Enter")
    await expect(page.locator(".drawer h2")).to_have_text("CELLAR_DOOR_KEY")

    await expect(page).to_have_title("CELLAR_DOOR_KEY · cellar · Secrets · Strongroom")

    # Freezing takes two keystrokes, here and on a page without a project.
    await keys.press("f", "f")
    dialog = page.get_by_role("dialog", name="Freeze cellar?")
    await expect(dialog).to_be_visible()
    await keys.is_on("Reason*")
    await keys.press("Escape")
    await expect(dialog).to_be_hidden()
    await page.get_by_role("button", name="Pin project").click()
    await keys.press("g", "t")
    await expect(page.locator("h1")).to_have_text("Trash")
    await expect(page).to_have_title("Trash · Strongroom")
    await keys.press("f", "f")
    await keys.type("cell")
    await expect(page.get_by_role("option", name="cellar")).to_be_visible()
    await keys.press("Enter")
    await expect(dialog).to_be_visible()
    await keys.press("Escape")
    await expect(dialog).to_be_hidden()
    await keys.press("g", "m")
    await expect(page.locator("h1")).to_have_text("Machines")
    await keys.press("Control+k")
    await expect(page.get_by_role("group", name="Pinned").get_by_role("option")).to_have_text(
        "cellar"
    )
    await keys.type("cellar/CELLAR_D")
    await expect(page.get_by_role("option", name=re.compile("CELLAR_DOOR_KEY"))).to_be_visible()
    await keys.press("Enter")
    await expect(page.locator(".drawer h2")).to_have_text("CELLAR_DOOR_KEY")

    await keys.press("Control+k")
    await keys.type("audit log")
    await keys.press("Enter")
    await expect(page.locator("h1")).to_have_text("Audit log")
    await keys.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await keys.press("Escape")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()


async def test_filters_of_the_audit_log(signed_in: Page) -> None:
    """L-4: people can search and filter the audit log, and look at an event, using only the keyboard."""
    page, keys = signed_in, Keys(signed_in)
    await ask(page, "POST", "/api/projects", {"name": "recorded-by-hand"})
    await keys.press("g", "a")
    await expect(page.locator("h1")).to_have_text("Audit log")
    await loaded(page)

    await keys.press("/")
    await keys.is_on("Search events by any part of a name, action or address, or by an ID")
    await keys.type("recorded-by-hand")
    await expect(page).to_have_url(re.compile(r"q=recorded-by-hand"))
    await expect(page.locator("tr[data-row]")).to_have_count(1)
    await keys.use("Severity", tag="button")
    await keys.is_on("Info")
    await keys.press("End", "Enter")
    await expect(page).to_have_url(re.compile("severity=critical"))
    await expect(page.get_by_text("No matching events")).to_be_visible()
    await keys.use("Clear Severity", tag="a")
    await expect(page.locator("tr[data-row]")).to_have_count(1)
    await keys.press("j", "Enter")
    await expect(page.locator(".drawer h2")).to_have_text("recorded-by-hand")
    await keys.press("Escape")

    await expect(page.locator(".drawer")).to_have_count(0)


async def test_one_key_does_not_discard_input(signed_in: Page) -> None:
    """U-2: the first key pressed in a new dialog goes to its field; Escape asks before discarding input."""
    page, keys = signed_in, Keys(signed_in)
    await page.goto("/projects")
    await loaded(page)
    await keys.to("New project", tag="button")
    for key in ("Enter", "p", "r"):
        await page.keyboard.press(key)
    dialog = page.get_by_role("dialog", name="New project")
    await expect(dialog.get_by_label("Name")).to_have_value("pr")

    await keys.press("Escape")
    await expect(dialog.get_by_text("Press Esc again")).to_be_visible()
    await keys.press("o", "Escape")
    await expect(dialog.get_by_text("Press Esc again")).to_be_visible()
    await keys.press("Escape")
    await expect(dialog).to_have_count(0)
    await keys.is_on("New project")
    await keys.press("Enter")
    await expect(dialog.get_by_label("Name")).to_have_value("")


async def test_a_first_link_without_its_end(page: Page, markers: Markers) -> None:
    """A-1: a setup link without its token shows a hint instead of a form that wouldn't work."""
    await page.goto("/setup")
    await expect(page.get_by_text("setup-link")).to_be_visible()
    password = page.get_by_label("Password", exact=True)
    await expect(password).to_be_hidden()

    # Open the whole link in the same tab, where the browser doesn't reload the page.
    token = markers.value("first-link")
    await page.goto(f"/setup#{token}")
    await expect(password).to_be_visible()
    await expect(page).to_have_url(re.compile("/setup$"))
    assert token == await page.evaluate("globalThis.srFragment")
