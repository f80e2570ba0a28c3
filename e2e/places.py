"""Every screen of the dashboard and every dialog on it: for axe, and for pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from playwright.async_api import expect

from .steps import loaded

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

    from .house import House


@dataclass(frozen=True, slots=True)
class Dialog:
    """What opens from a screen. `press` names the buttons that lead there, one after the other."""

    name: str
    press: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A screen, with its dialogs. `open` screens are those of strangers."""

    name: str
    path: str
    dialogs: tuple[Dialog, ...] = ()
    open: bool = False


MORE = "More"


def places(house: House) -> list[Place]:
    """Return all of them, for what is in a house."""
    project, machine = f"/projects/{house.project}", f"/machines/{house.machine}"
    secret = f"{project}?secret={house.secret}"
    return [
        Place("sign-in", "/sign-in", open=True),
        Place("setup", "/setup#srl_example", open=True),
        Place("setup-without-link", "/setup", open=True),
        Place("overview", "/?steps=hide", (Dialog("person-menu", ("@.person",)),)),
        Place("first-steps", "/?steps=show"),
        Place(
            "secrets",
            "/projects",
            (
                Dialog("new-project", ("New project",)),
                Dialog("new-application", ("New application",)),
                Dialog("filter-menu", ("Environment",)),
            ),
        ),
        Place(
            "application",
            f"/applications/{house.application}",
            (Dialog("add-environment", ("Add environment",)),),
        ),
        Place(
            "application-settings",
            f"/applications/{house.application}?tab=settings",
        ),
        Place(
            "application-bare",
            f"/applications/{house.bare}?tab=settings",
            (Dialog("delete-application", ("Delete application",)),),
        ),
        Place("project", project, (Dialog("new-secret", ("New secret",)),)),
        Place("project-empty", f"/projects/{house.empty}"),
        Place(
            "secret",
            secret,
            (
                Dialog("replace-secret", ("Replace",)),
                Dialog("generate-value", ("Generate",)),
                Dialog("edit-secret", ("Edit",)),
                Dialog("delete-secret", ("More acts", "Delete")),
            ),
        ),
        Place("secret-versions", f"{secret}&view=versions", (Dialog("roll-back", ("Roll back",)),)),
        Place("secret-readers", f"{secret}&view=readers"),
        Place("secret-activity", f"{secret}&view=activity"),
        Place(
            "structured-secret",
            f"{project}?secret={house.structured}",
            (
                Dialog("replace-structured", ("Replace",)),
                Dialog("generate-fields", ("Generate",)),
            ),
        ),
        Place(
            "project-machines",
            f"{project}/machines",
            (
                Dialog("attach-machine", ("Attach machine",)),
                Dialog("detach-machine", ("Detach from this project",)),
            ),
        ),
        Place(
            "project-settings",
            f"{project}/settings",
            (
                Dialog("freeze", ("Freeze project",)),
                Dialog("delete-project", ("Delete project",)),
                Dialog("move-out", ("Move out of the application",)),
            ),
        ),
        Place(
            "project-alone-settings",
            f"/projects/{house.empty}/settings",
            (Dialog("move-in", ("Move into an application",)),),
        ),
        Place("frozen", f"/projects/{house.frozen}/frozen"),
        Place("frozen-secrets", f"/projects/{house.frozen}"),
        Place(
            "machines",
            "/machines",
            (Dialog("add-machine", ("Add machine",)), Dialog("deny-machine", ("Deny",))),
        ),
        Place("machine-waiting", f"/machines/{house.waiting}"),
        Place(
            "machine",
            machine,
            (
                Dialog("disable-machine", ("Disable",)),
                Dialog("rename-machine", (MORE, "Rename")),
                Dialog("revoke-machine", (MORE, "Revoke")),
                Dialog("attach-project", ("Attach to a project",)),
                Dialog("detach-project", ("Detach from this project",)),
            ),
        ),
        Place("grants", f"{machine}?project={house.project}"),
        Place(
            "audit",
            "/audit",
            (Dialog("severity-menu", ("Severity",)), Dialog("export", ("Export",))),
        ),
        Place("audit-entry", f"/audit?entry={house.entry}"),
        Place("audit-nothing", "/audit?q=nothing-is-called-so"),
        Place("trash", "/trash", (Dialog("destroy", ("@.acts .danger-quiet",)),)),
        Place("not-here", "/projects/proj_aaaaaaaaaaaaaaaa"),
        Place("components", "/components", open=True),
        Place("no-such-page", "/nowhere", open=True),
    ]


async def go_to(page: Page, place: Place) -> None:
    """Show a screen."""
    await page.goto(place.path)
    if place.open:
        await expect(page.locator("h1")).to_be_visible()
        return
    await loaded(page)
    await expect(page.locator("main h1, main h2").first).to_be_visible()


async def open_it(page: Page, dialog: Dialog) -> Locator:
    """Open a dialog or a menu of the screen that is shown, and return it."""
    for name in dialog.press:
        if name.startswith("@"):
            button = page.locator(name[1:]).filter(visible=True).first
        else:
            button = page.get_by_role("button", name=name, exact=True).filter(visible=True).first
        await button.click()
    opened = page.locator("dialog[open], [popover]:popover-open:not(.toasts)").last
    await expect(opened).to_be_visible()
    return opened
