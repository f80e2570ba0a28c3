"""How people work with secrets: fields, versions, the trash, and two open pages (S-3, S-6, S-7)."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from strongroom_testkit.markers import Markers

from .installation import Installation
from .machine import JoinedMachine
from .person import Operator
from .steps import ask, loaded, make_project, open_dialog, sign_in, toasted
from .watched import Watched


async def test_a_structured_secret_and_its_versions(
    signed_in: Page, machine: JoinedMachine, markers: Markers
) -> None:
    """S-3, S-6, S-8: people can create a structured secret, replace and generate fields, and roll back."""
    page = signed_in
    project, _ = await make_project(page, "ferry", {})
    first, second = markers.value("pass"), markers.value("pass-2")
    await page.goto(f"/projects/{project}")
    await loaded(page)
    form = page.locator("main sr-form").first
    await form.get_by_label("Name", exact=True).fill("DATABASE")
    await form.get_by_role("button", name="Several fields").click()
    rows = form.locator(".pair")
    await expect(rows.first).to_be_visible()
    if await rows.count() < 2:
        await form.get_by_role("button", name="Add field").click()
    for number, (name, value) in enumerate((("user", markers.value("user")), ("password", first))):
        await rows.nth(number).locator("input, textarea").nth(0).fill(name)
        await rows.nth(number).locator("input, textarea").nth(1).fill(value)
    await form.get_by_role("button", name="Create secret").click()
    await toasted(page, "DATABASE created.")
    drawer = page.locator(".drawer")
    await expect(drawer.get_by_text("user, password", exact=True)).to_be_visible()

    # A field left blank keeps its value.
    dialog = await open_dialog(page, "Replace", re.compile("Replace the value"))
    await dialog.locator(".pair").nth(1).locator("input, textarea").last.fill(second)
    await dialog.get_by_role("button", name="Replace value").click()
    await toasted(page, "DATABASE is now version 2.")

    # Give a machine access to the secret: first to one field, which attaches the machine, then to all.
    called = await machine.register(page)
    await ask(page, "POST", f"/api/machines/{called['id']}/approve", {})
    for field, told in (
        ("password", "1 machine gets access. 1 machine will also be attached to ferry."),
        ("user", "1 machine gets access."),
    ):
        await page.locator(".drawer [data-gives-access]").click()
        dialog = page.get_by_role("dialog", name="Access to DATABASE")
        await dialog.get_by_label("Search machines").fill(called["id"])
        await dialog.get_by_role("button", name=re.compile("of 2 fields")).first.click()
        await dialog.get_by_role("checkbox", name=field).first.check()
        await expect(dialog.get_by_text(told)).to_be_visible()
        await dialog.get_by_role("button", name="Save 1 change").click()
        await toasted(page, "Access updated.")
    assert second == await machine.get("ferry/DATABASE#password")

    # Nobody has seen a generated value.
    dialog = await open_dialog(page, "Generate", re.compile("Generate a new value"))
    await dialog.get_by_label("password").check()
    await dialog.get_by_role("button", name="Generate value").click()
    await toasted(page, "DATABASE is now version 3.")
    await expect(page.locator(".toast", has_text="DATABASE is now")).to_have_count(1)
    markers.note(generated := await machine.get("ferry/DATABASE#password"))
    assert generated not in (first, second)

    await drawer.get_by_role("link", name="Versions").click()
    await (
        drawer.get_by_role("listitem")
        .filter(has_text="2")
        .get_by_role("button", name="Roll back")
        .first.click()
    )
    dialog = page.get_by_role("dialog", name=re.compile("version 2"))
    await dialog.get_by_role("button", name="Roll back").click()
    await toasted(page, "DATABASE is now version 4.")
    assert second == await machine.get("ferry/DATABASE#password")


async def test_the_trash_gives_back_and_destroys(
    signed_in: Page, watched: Watched, markers: Markers
) -> None:
    """S-7: a deleted object can be restored from the trash, or purged by typing its name.

    When several objects are deleted and one of them no longer exists, the page names that one and deletes
    the others.
    """
    page = signed_in
    values = {"KEPT_AFTER_ALL": markers.value("kept"), "GONE_FOR_GOOD": markers.value("gone")}
    project, secrets = await make_project(page, "barn", values)
    await page.goto(f"/projects/{project}")
    await loaded(page)
    await page.get_by_label("Select GONE_FOR_GOOD").click()
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await expect(page.get_by_text("2 selected")).to_be_visible()
    await ask(page, "DELETE", f"/api/secrets/{secrets['GONE_FOR_GOOD']}")
    # Chromium reports the 404 of the second deletion.
    watched.expected.append(f"/api/secrets/{secrets['GONE_FOR_GOOD']}")
    await expect(page.get_by_text("2 selected, 1 not on this page")).to_be_visible()
    await page.get_by_role("button", name="Delete", exact=True).click()
    several = page.get_by_role("dialog", name="Delete 2 secrets?")
    await several.get_by_role("button", name="Delete secrets").click()
    await toasted(page, "1 secret moved to the trash.")
    await toasted(page, "GONE_FOR_GOOD (no longer exists)")
    await page.goto("/trash")
    await loaded(page)

    row = page.locator("tr", has_text="KEPT_AFTER_ALL")
    await row.get_by_role("button", name="Restore").click()
    await toasted(page, "KEPT_AFTER_ALL restored.")
    await expect(row).to_have_count(0)
    await page.get_by_role("button", name="Permanently delete GONE_FOR_GOOD").click()
    dialog = page.get_by_role("dialog", name="Permanently delete GONE_FOR_GOOD?")
    await dialog.get_by_role("button", name="Permanently delete").click()
    await expect(dialog).to_be_visible()
    await dialog.get_by_label(re.compile("Type")).fill("GONE_FOR_GOOD")
    await dialog.get_by_role("button", name="Permanently delete").click()
    await toasted(page, "GONE_FOR_GOOD permanently deleted.")

    await expect(page.locator("tr", has_text="GONE_FOR_GOOD")).to_have_count(0)


async def test_undo_and_restore_give_access_back(
    signed_in: Page, machine: JoinedMachine, markers: Markers
) -> None:
    """S-7: undoing a deletion restores every machine's access; the trash asks which machines to include.

    The machine gets access to several secrets at once, which attaches it (M-9).
    """
    page = signed_in
    values = {"MISSED_KEY": markers.value("missed"), "OTHER_KEY": markers.value("other")}
    project, secrets = await make_project(page, "undone", values)
    secret = secrets["MISSED_KEY"]
    joined = await machine.register(page)
    await ask(page, "POST", f"/api/machines/{joined['id']}/approve", {})
    await page.goto(f"/projects/{project}")
    await loaded(page)
    await page.get_by_label("Select all on this page").check()
    await page.get_by_role("button", name="Give access").click()
    dialog = page.get_by_role("dialog", name="Access to 2 secrets")
    # All machines in these journeys are named after the same hostname, so search by ID.
    await dialog.get_by_label("Search machines").fill(joined["id"])
    await dialog.get_by_role("checkbox", name=joined["name"]).check()
    await dialog.get_by_role("button", name="Save 1 change").click()
    await toasted(page, "Access updated.")
    await page.get_by_role("button", name="Clear", exact=True).click()
    assert values["OTHER_KEY"] == await machine.get("undone/OTHER_KEY")
    await page.get_by_role("link", name="MISSED_KEY").click()
    await page.get_by_role("button", name="More actions").click()
    await page.get_by_role("button", name="Delete", exact=True).click()
    await page.get_by_role("button", name="Delete secret").click()
    await toasted(page, "MISSED_KEY moved to the trash.")
    await page.get_by_role("button", name="Undo").click()
    await toasted(page, "Undone.")
    undone = await ask(page, "GET", f"/api/secrets/{secret}/readers")
    await ask(page, "DELETE", f"/api/secrets/{secret}")
    await page.goto("/trash")
    await loaded(page)
    await page.locator("tr", has_text="MISSED_KEY").get_by_role("button", name="Restore").click()
    dialog = page.get_by_role("dialog", name="Restore MISSED_KEY?")
    await expect(dialog.get_by_label(joined["name"])).to_be_checked()
    await dialog.get_by_role("button", name="Restore secret").click()
    await toasted(page, "MISSED_KEY restored.")
    restored = await ask(page, "GET", f"/api/secrets/{secret}/readers")

    for readers in (undone, restored):
        assert [each["machineId"] for each in readers["items"]] == [joined["id"]]


async def test_audit_log_filters_are_in_the_url(signed_in: Page, markers: Markers) -> None:
    """L-4: filters and the open event are in the URL, so links, Back and Forward restore the view."""
    page = signed_in
    project, _ = await make_project(page, "linked", {"LINKED_KEY": markers.value("linked")})
    await page.goto(f"/audit?project={project}")
    await loaded(page)
    await expect(page.locator("tr[data-row]")).to_have_count(2)
    await page.get_by_role("button", name="Severity").click()
    await page.get_by_role("link", name="Low").click()
    await expect(page).to_have_url(re.compile("severity=low"))
    narrowed = await page.locator("tr[data-row]").count()
    await page.locator("tr[data-row] a[data-opens]").first.click()
    await expect(page.locator(".drawer h2")).to_be_visible()
    title = await page.locator(".drawer h2").inner_text()
    linked = page.url

    await page.go_back()
    await expect(page.locator(".drawer")).to_have_count(0)
    await expect(page).to_have_url(re.compile("severity=low"))
    await page.go_back()
    await expect(page).not_to_have_url(re.compile("severity"))
    await expect(page.locator("tr[data-row]")).to_have_count(2)
    await page.go_forward()
    await page.go_forward()
    await expect(page.locator(".drawer h2")).to_have_text(title)
    other = await page.context.new_page()
    await other.goto(linked)
    await expect(other.locator(".drawer h2")).to_have_text(title)
    await expect(other.locator("tr[data-row]")).to_have_count(narrowed)


async def test_the_export_applies_the_filters(signed_in: Page, markers: Markers) -> None:
    """L-4: the export contains exactly the events on the screen."""
    page = signed_in
    project, _ = await make_project(page, "exported", {"EXPORTED_KEY": markers.value("exported")})
    await page.goto(f"/audit?project={project}&since=24h")
    await loaded(page)
    await page.get_by_role("button", name="Export").click()
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="NDJSON, for programs").click()

    download = await waiting.value
    text = (await download.path()).read_text()

    assert 2 == len(text.splitlines())
    assert "EXPORTED_KEY" in text


async def test_open_pages_show_changes(signed_in: Page, markers: Markers) -> None:
    """U-1: an open page shows changes made on another page without a reload; a list stays sorted."""
    page = signed_in
    project, secrets = await make_project(page, "shared", {"OLD_NAME": markers.value("shared")})
    other = await page.context.new_page()
    for each in (page, other):
        await each.goto(f"/projects/{project}")
        await loaded(each)
    await page.get_by_role("link", name="Changed", exact=True).click()
    await expect(page).to_have_url(re.compile("sort=-changedAt"))
    await page.get_by_role("link", name="Machines").first.click()
    await expect(page.locator("h1")).to_have_text("Machines")
    await page.keyboard.press("Control+k")
    await page.get_by_role("option", name="shared", exact=True).click()
    await expect(page).to_have_url(re.compile("sort=-changedAt"))
    await page.goto(f"/projects/{project}?secret={secrets['OLD_NAME']}")
    await loaded(page)
    await page.locator(".drawer").get_by_role("button", name="Edit").first.click()
    dialog = page.get_by_role("dialog", name="Edit OLD_NAME")
    await dialog.get_by_label("Name", exact=True).fill("NEW_NAME")
    await dialog.get_by_role("button", name="Save changes").click()

    await expect(other.get_by_role("link", name="NEW_NAME")).to_be_visible()
    await expect(other.get_by_role("link", name="OLD_NAME")).to_have_count(0)


async def test_signing_out_closes_every_page(
    page: Page, operator: Operator, installation: Installation, watched: Watched, markers: Markers
) -> None:
    """A-4: after signing out, other open pages go to the sign-in page, and Back shows nothing."""
    await sign_in(page, operator.email, operator.password)
    name = "SEEN_BEFORE_LOG_OUT"
    project, _ = await make_project(page, "left-open", {name: markers.value("left")})
    await page.goto(f"/projects/{project}")
    await loaded(page)
    other = await page.context.new_page()
    await other.goto(f"/projects/{project}")
    await expect(other.get_by_role("link", name=name)).to_be_visible()

    await page.get_by_role("button", name=operator.username).click()
    await page.get_by_role("button", name="Sign out").first.click()
    await expect(page.locator("h1")).to_have_text("Sign in")

    await expect(other.locator("h1")).to_have_text("Sign in")
    await page.go_back()
    await expect(page.locator("h1")).to_have_text("Sign in")
    await expect(page.get_by_text(name)).to_have_count(0)
