"""Shares and drop boxes, from creating a link to opening it on a phone (T-1, T-2, T-4, T-6)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from playwright.async_api import Browser, Locator, Page, expect

from .steps import ask, loaded, make_project, open_dialog, toasted

if TYPE_CHECKING:
    from strongroom_testkit.markers import Markers

    from .installation import Installation
    from .watched import Watched

PHONE = {"width": 320, "height": 640}


async def shown(dialog: Locator, member: str) -> str:
    """Return a member of the response, whose value the dialog shows once."""
    place = dialog.locator(f'[data-result="{member}"]')
    await expect(place).not_to_be_empty()
    return (await place.text_content()) or ""


async def new_share(page: Page, name: str, value: str | Path, markers: Markers) -> tuple[str, str]:
    """Create a share of a value or a file on its screen; return its link and its passphrase."""
    await page.goto("/shares")
    await loaded(page)
    dialog = await open_dialog(page, "New share", "New share")
    if isinstance(value, Path):
        await dialog.get_by_role("button", name="A file instead").click()
        await dialog.get_by_label("File", exact=True).set_input_files(value)
    else:
        await dialog.get_by_label("Value", exact=True).fill(value)
    await dialog.get_by_label("Name in the list").fill(name)
    await dialog.get_by_role("button", name="Create share").click()
    url, passphrase = await shown(dialog, "url"), await shown(dialog, "passphrase")
    markers.note(url.partition("#")[2])
    markers.note(passphrase)
    await dialog.get_by_text("Show as a QR code").click()
    await expect(dialog.get_by_role("img", name="The link as a QR code")).to_be_visible()
    await dialog.get_by_role("button", name="Done").click()
    return url, passphrase


async def test_a_share_is_opened_once_on_a_phone(
    signed_in: Page,
    chromium: Browser,
    installation: Installation,
    watched: Watched,
    markers: Markers,
    tmp_path: Path,
) -> None:
    """T-1, T-2, T-4, T-5: a share is created, sent, and opened on a phone, once; another is revoked unopened.

    A program that fills in the field and presses the button uses nothing up.
    """
    value = markers.value("shared")
    url, passphrase = await new_share(signed_in, "For Ada", value, markers)
    phone = await chromium.new_context(viewport=PHONE, locale="en-GB")  # pyright: ignore[reportArgumentType]
    page = await phone.new_page()
    await page.goto(url)
    await page.evaluate("document.getElementById('passphrase').value = 'junk-junk-junk-junk'")
    await page.get_by_role("button", name="Open secret").click()
    await expect(page.get_by_role("alert")).to_contain_text("Nothing was sent")
    await page.get_by_label("Passphrase").fill(passphrase)
    await page.get_by_role("button", name="Open secret").click()
    await expect(page.locator("#value")).to_have_text(value)
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert "#" not in page.url
    await page.goto(url)
    await page.get_by_label("Passphrase").fill(passphrase)
    await page.get_by_role("button", name="Open secret").click()
    await expect(page.get_by_role("heading", name="This link doesn’t work")).to_be_focused()
    await expect(signed_in.locator("tr", has_text="For Ada")).to_contain_text("Opened")

    file = tmp_path / "id_ed25519"
    file.write_text(markers.value("file"))
    sent, said = await new_share(signed_in, "A key file", file, markers)
    await page.goto(sent)
    await page.get_by_label("Passphrase").fill(said)
    await page.get_by_role("button", name="Open secret").click()
    async with page.expect_download() as saving:
        await page.get_by_role("link", name="Save file").click()
    saved = await saving.value
    assert (saved.suggested_filename, Path(await saved.path()).read_bytes()) == (
        file.name,
        file.read_bytes(),
    )

    taken, words = await new_share(signed_in, "Sent by mistake", markers.value("mistake"), markers)
    await signed_in.get_by_role("button", name="Revoke Sent by mistake").click()
    dialog = signed_in.get_by_role("dialog", name="Revoke Sent by mistake?")
    await dialog.get_by_role("button", name="Revoke share").click()
    await toasted(signed_in, "Sent by mistake revoked.")
    await page.goto(taken)
    await page.get_by_label("Passphrase").fill(words)
    await page.get_by_role("button", name="Open secret").click()
    await expect(page.get_by_role("heading", name="This link doesn’t work")).to_be_focused()
    await phone.close()


async def test_a_value_arrives_through_a_drop_box(
    signed_in: Page, chromium: Browser, markers: Markers
) -> None:
    """T-6: someone without an account submits a secret's next version, once."""
    project, secrets = await make_project(
        signed_in, "dropped", {"PARTNER_KEY": markers.value("first")}
    )
    await signed_in.goto(f"/projects/{project}?secret={secrets['PARTNER_KEY']}")
    await loaded(signed_in)
    await signed_in.get_by_role("button", name="More actions").click()
    await signed_in.get_by_role("button", name="Create drop box").click()
    dialog = signed_in.get_by_role("dialog", name="Create a drop box for PARTNER_KEY")
    await dialog.get_by_label("Allow this drop box to replace the current value").check()
    await dialog.get_by_role("button", name="Create link").click()
    url = await shown(dialog, "url")
    markers.note(url.partition("#")[2])
    await dialog.get_by_role("button", name="Done").click()
    phone = await chromium.new_context(viewport=PHONE, locale="en-GB")  # pyright: ignore[reportArgumentType]
    page = await phone.new_page()
    await page.goto(url)
    await page.get_by_label("Secret", exact=True).fill(markers.value("handed-in"))
    await page.get_by_role("button", name="Send secret").click()
    await expect(page.get_by_role("heading", name="Sent")).to_be_focused()
    await page.goto(url)
    await page.get_by_label("Secret", exact=True).fill(markers.value("again"))
    await page.get_by_role("button", name="Send secret").click()
    await expect(page.get_by_role("heading", name="This link doesn’t work")).to_be_focused()
    await phone.close()

    await expect(signed_in.locator("tr", has_text="PARTNER_KEY")).to_contain_text("2")
    await signed_in.get_by_role("link", name="Versions").click()
    await expect(signed_in.get_by_text("From a drop box created by")).to_be_visible()
    path = f"/api/secrets/{secrets['PARTNER_KEY']}/drop-boxes"
    box = await ask(signed_in, "POST", path, {"overwrite": True})
    markers.note(box["url"].partition("#")[2])
    await signed_in.get_by_role("link", name="Summary").click()
    await signed_in.get_by_role("button", name="Revoke").click()
    revoke = signed_in.get_by_role("dialog", name="Revoke this drop box?")
    await revoke.get_by_role("button", name="Revoke drop box").click()
    await toasted(signed_in, "Drop box revoked.")
    await expect(signed_in.get_by_role("heading", name="Drop boxes")).to_have_count(0)
