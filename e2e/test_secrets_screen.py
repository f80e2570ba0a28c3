"""Secrets as people handle them: fields, versions, the trash, and two pages open at once (S-3, S-6, S-7)."""

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
    """S-3, S-6, S-8: make a secret of fields, replace one of them, generate one, and roll back."""
    page = signed_in
    project, _ = await make_project(page, "ferry", {})
    first, second = markers.value("pass"), markers.value("pass-2")
    await page.goto(f"/projects/{project}")
    await loaded(page)
    form = page.locator("main sr-form").first
    await form.get_by_label("Name", exact=True).fill("DATABASE")
    await form.get_by_text("Structured", exact=True).click()
    rows = form.locator(".pair")
    await expect(rows.first).to_be_visible()
    if await rows.count() < 2:
        await form.get_by_role("button", name="Add a field").click()
    for number, (name, value) in enumerate((("user", markers.value("user")), ("password", first))):
        await rows.nth(number).locator("input, textarea").nth(0).fill(name)
        await rows.nth(number).locator("input, textarea").nth(1).fill(value)
    await form.get_by_role("button", name="Create secret").click()
    await toasted(page, "DATABASE was created.")
    drawer = page.locator(".drawer")
    await expect(drawer.get_by_text("user, password", exact=True)).to_be_visible()

    # A field left blank keeps its value.
    dialog = await open_dialog(page, "Replace", re.compile("Replace the value"))
    await dialog.locator(".pair").nth(1).locator("input, textarea").last.fill(second)
    await dialog.get_by_role("button", name="Replace value").click()
    await toasted(page, "DATABASE is at version 2.")
    secret = page.url.partition("secret=")[2].partition("&")[0]
    await machine.join(page, project, [secret])
    assert second == await machine.get("ferry/DATABASE#password")

    # One that is generated nobody has seen.
    dialog = await open_dialog(page, "Generate", re.compile("Generate a new value"))
    await dialog.get_by_label("password").check()
    await dialog.get_by_role("button", name="Generate value").click()
    await toasted(page, "DATABASE is at version 3.")
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
    await toasted(page, "DATABASE is at version 4.")
    assert second == await machine.get("ferry/DATABASE#password")


async def test_the_trash_gives_back_and_destroys(signed_in: Page, markers: Markers) -> None:
    """S-7: what was deleted is had back from the trash, or destroyed by typing its name."""
    page = signed_in
    values = {"KEPT_AFTER_ALL": markers.value("kept"), "GONE_FOR_GOOD": markers.value("gone")}
    _, secrets = await make_project(page, "barn", values)
    for each in secrets.values():
        await ask(page, "DELETE", f"/api/secrets/{each}")
    await page.goto("/trash")
    await loaded(page)

    row = page.locator("tr", has_text="KEPT_AFTER_ALL")
    await row.get_by_role("button", name="Restore").click()
    await toasted(page, "KEPT_AFTER_ALL is back.")
    await expect(row).to_have_count(0)
    await page.get_by_role("button", name="Destroy GONE_FOR_GOOD").click()
    dialog = page.get_by_role("dialog", name="Destroy GONE_FOR_GOOD?")
    await dialog.get_by_role("button", name="Destroy secret").click()
    await expect(dialog).to_be_visible()
    await dialog.get_by_label(re.compile("Type")).fill("GONE_FOR_GOOD")
    await dialog.get_by_role("button", name="Destroy secret").click()
    await toasted(page, "GONE_FOR_GOOD was destroyed.")

    await expect(page.locator("tr", has_text="GONE_FOR_GOOD")).to_have_count(0)


async def test_the_record_by_its_address(signed_in: Page, markers: Markers) -> None:
    """L-4: filters and the open entry are in the address, so links, back and forward show the same."""
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


async def test_the_record_is_exported_as_it_is_filtered(signed_in: Page, markers: Markers) -> None:
    """L-4: what is exported is what is shown."""
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


async def test_one_page_sees_what_another_changed(signed_in: Page, markers: Markers) -> None:
    """U-1: a page that is open shows by itself what was changed in another."""
    page = signed_in
    project, secrets = await make_project(page, "shared", {"OLD_NAME": markers.value("shared")})
    other = await page.context.new_page()
    for each in (page, other):
        await each.goto(f"/projects/{project}")
        await loaded(each)

    await page.goto(f"/projects/{project}?secret={secrets['OLD_NAME']}")
    await loaded(page)
    await page.locator(".drawer").get_by_role("button", name="Edit").first.click()
    dialog = page.get_by_role("dialog", name="Edit OLD_NAME")
    await dialog.get_by_label("Name", exact=True).fill("NEW_NAME")
    await dialog.get_by_role("button", name="Save changes").click()

    await expect(other.get_by_role("link", name="NEW_NAME")).to_be_visible()
    await expect(other.get_by_role("link", name="OLD_NAME")).to_have_count(0)


async def test_logging_out_ends_every_page(
    page: Page, operator: Operator, installation: Installation, watched: Watched, markers: Markers
) -> None:
    """A-4: after a log-out another page of the session goes to the sign-in, and Back shows nothing."""
    await sign_in(page, operator.email, operator.password)
    name = "SEEN_BEFORE_LOG_OUT"
    project, _ = await make_project(page, "left-open", {name: markers.value("left")})
    await page.goto(f"/projects/{project}")
    await loaded(page)
    other = await page.context.new_page()
    await other.goto(f"/projects/{project}")
    await expect(other.get_by_role("link", name=name)).to_be_visible()

    await page.get_by_role("button", name=operator.username).click()
    await page.get_by_role("button", name="Log out").first.click()
    await expect(page.locator("h1")).to_have_text("Sign in")

    await expect(other.locator("h1")).to_have_text("Sign in")
    await page.go_back()
    await expect(page.locator("h1")).to_have_text("Sign in")
    await expect(page.get_by_text(name)).to_have_count(0)
