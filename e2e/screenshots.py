"""Takes screenshots of every screen and dialog in `dev`'s demo vault: light, dark, and on a phone.

``python -m e2e.screenshots [FOLDER]`` (`just screenshots`) writes `FOLDER/light/secrets.png` and so on.
The file name of a dialog's screenshot consists of the screen's and the dialog's names. FOLDER defaults to
`dist/screenshots`. ``--widths`` takes them at these widths and in both themes, as
`FOLDER/1920-dark/secrets.png`. ``--large`` shows a vault with 2,000 secrets, 200 machines and 100-character
names at five widths instead. ``--empty`` shows a vault that nobody has used yet.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.async_api import async_playwright

from strongroom_testkit.markers import Markers
from strongroom_testkit.programs import Programs

from .browser import launch
from .installation import install, until_ready
from .large_vault import fill_large_vault
from .machine import JoinedMachine
from .person import Operator
from .sample_vault import (
    SampleVault,
    make_key,
    make_organization,
    make_policy,
    make_rotation,
    make_token,
    make_trust,
    make_webhook,
)
from .screens import Dialog, Screen, go_to, open_it, screens
from .steps import accept_first_link, ask, loaded, patient, sign_in

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

USUAL = Path("dist/screenshots")
Looks = Sequence[tuple[str, Any, Any]]
LOOKS: Looks = (
    ("light", {"width": 1440, "height": 900}, "light"),
    ("dark", {"width": 1440, "height": 900}, "dark"),
    ("phone", {"width": 390, "height": 844}, "light"),
)
WIDTHS = ((390, 844), (720, 450), (1440, 900), (1920, 1080), (3440, 1440))
"""The sizes for ``--widths``. 720 px is a 1440 px window at 200% zoom."""

TALLEST = 2400
READS = 6
"""How many times the demo's machine reads, so that the screens have some activity to show."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=USUAL)
    parser.add_argument(
        "--only", help="parts of the names of screens, separated by commas", default=""
    )
    parser.add_argument(
        "--large", action="store_true", help="a large vault with long names, at five widths"
    )
    parser.add_argument("--empty", action="store_true", help="a new vault, at the same widths")
    parser.add_argument("--widths", help="the widths in px, separated by commas", default="")
    asked = parser.parse_args()
    chosen = asked.widths.split(",")
    looks = [
        (f"{width}-{scheme}", {"width": width, "height": height}, scheme)
        for width, height in WIDTHS
        for scheme in ("light", "dark")
        if str(width) in chosen or not asked.widths
    ]
    patient()
    with tempfile.TemporaryDirectory(prefix="strongroom-pictures-") as name:
        folder = Path(name)
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        programs = Programs(folder, folder, cache=cache)
        try:
            if asked.empty:
                asyncio.run(_take_empty(programs, asked.folder, asked.only, looks))
                return
            running = programs.start("dev", "--port", "0")
            ready = running.ready()
            asyncio.run(
                _take_large(ready, asked.folder, asked.only, looks)
                if asked.large
                else _take(
                    ready, folder, asked.folder, asked.only, looks if asked.widths else LOOKS
                )
            )
        finally:
            programs.end_all()


async def _take(ready: dict[str, Any], folder: Path, to: Path, only: str, looks: Looks) -> None:
    await until_ready(ready["url"])
    async with async_playwright() as playwright:
        browser = await launch(playwright.chromium)
        page = await _page(browser, ready)
        vault = await _sample_vault(page, ready, folder)
        parts = only.split(",")
        every = screens(vault) + await _more_screens(page, vault)
        every = [each for each in every if any(part in each.name for part in parts)]
        calm = [
            screen for screen in every if not screen.open and not screen.name.startswith("frozen")
        ]
        taken = 0
        for screen in calm:
            taken += await _picture(page, screen, to, looks)
        await ask(
            page,
            "POST",
            f"/api/projects/{vault.frozen}/freeze",
            {"reason": "A laptop with a copy of the configuration is missing."},
        )
        for secret in ready["secrets"].values():
            if secret["granted"]:
                await _machine_of(ready, folder).attempt("strongroom", "get", secret["id"])
        for screen in (screen for screen in every if screen.name.startswith("frozen")):
            taken += await _picture(page, screen, to, looks)
        stranger = await _page(browser, None, ready["url"])
        for screen in (screen for screen in every if screen.open):
            taken += await _picture(stranger, screen, to, looks)
        await browser.close()
    print(f"{taken} pictures in {to}")


async def _take_large(ready: dict[str, Any], to: Path, only: str, looks: Looks) -> None:
    """Take pictures of the lists and of the longest names, at these sizes and in both themes."""
    await until_ready(ready["url"])
    async with async_playwright() as playwright:
        browser = await launch(playwright.chromium)
        page = await _page(browser, ready)
        vault = await fill_large_vault(page, ready["url"].replace("localhost", "127.0.0.1"))
        long = f"/projects/{vault.long_project}"
        paths = {
            "overview": "/?steps=hide",
            "projects": "/projects",
            "secrets": f"/projects/{vault.project}",
            "long-secret": f"{long}?secret={vault.long_secret}",
            "long-project-machines": f"{long}/machines",
            "long-project-settings": f"{long}/settings",
            "machines": "/machines",
            "add-machine": "/machines?new=machine",
            "long-machine": f"/machines/{vault.long_machine}?project={vault.long_project}",
            "audit": "/audit",
            "alerts": "/alerts",
            "webhooks": "/alerts/webhooks",
            "shares": "/shares",
            "policies": f"{long}/policies",
            "policy": f"{long}/policies/{vault.long_policy}",
            "canaries": f"{long}/canaries",
            "access": f"{long}/access",
            "members": "/members",
            "member": f"/members?member={vault.member}",
            "invitation": f"/members?invitation={vault.invitation}",
            "vault-roles": "/members/vault-roles",
            "vault-role": f"/members/vault-roles?role={vault.vault_role}",
            "access-roles": "/members/access-roles",
            "access-role": f"/members/access-roles/{vault.access_role}",
            "capabilities": "/members/capabilities?capability=secrets.view",
            "view-as": f"/members/view-as?accessRole={vault.access_role}",
            "connect": f"/connect?code={vault.code}",
            "security": "/security",
            "vault-settings": "/settings",
            "operator": "/operator",
        }
        paths = _wanted(paths, only)
        await _at_sizes(page, paths, to, looks)
        await browser.close()
    print(f"{len(paths) * len(looks)} pictures in {to}")


async def _take_empty(programs: Programs, to: Path, only: str, looks: Looks) -> None:
    """Take pictures of a vault that contains only its owner, at these sizes and in both themes."""
    markers = Markers()
    installation = await install(programs, markers)
    owner = Operator("ada@example.org", "ada", markers.password())
    paths = {
        "overview": "/",
        "overview-without-steps": "/?steps=hide",
        "projects": "/projects",
        "machines": "/machines",
        "enrollment-tokens": "/machines/tokens",
        "trusted-issuers": "/machines/trusts",
        "ip-allowlist": "/machines/allowlist",
        "shares": "/shares",
        "audit": "/audit",
        "trash": "/trash",
        "alerts": "/alerts",
        "webhooks": "/alerts/webhooks",
        "security": "/security",
        "connect": "/connect",
        "own-invitations": "/invitations",
        "vault-settings": "/settings",
        "operator": "/operator",
    }
    organization = {
        "members": "/members",
        "vault-roles": "/members/vault-roles",
        "access-roles": "/members/access-roles",
        "new-access-role": "/members/access-roles/new",
        "capabilities": "/members/capabilities",
        "view-as": "/members/view-as",
    }
    async with async_playwright() as playwright:
        browser = await launch(playwright.chromium)
        page = await _page(browser, None, installation.url)
        await accept_first_link(page, installation.link, owner)
        await sign_in(page, owner.email, owner.password)
        paths = _wanted(paths, only)
        await _at_sizes(page, paths, to, looks)
        session = await ask(page, "GET", "/api/session")
        at = f"/api/vaults/{session['vaultId']}/convert"
        await ask(page, "POST", at, {"name": "Halden Freight"})
        organization = _wanted(organization, only)
        await _at_sizes(page, organization, to, looks)
        project = await ask(page, "POST", "/api/projects", {"name": "shop"})
        here = f"/projects/{project['id']}"
        tabs = ("machines", "policies", "access", "canaries", "settings")
        empty = {"project": here, **{f"project-{tab}": f"{here}/{tab}" for tab in tabs}}
        empty = _wanted(empty, only)
        await _at_sizes(page, empty, to, looks)
        await browser.close()
    print(f"{len(paths | organization | empty) * len(looks)} pictures in {to}")


def _wanted(paths: dict[str, str], only: str) -> dict[str, str]:
    """Return the paths whose name contains one of these parts."""
    parts = only.split(",")
    return {name: path for name, path in paths.items() if any(part in name for part in parts)}


async def _at_sizes(page: Page, paths: dict[str, str], to: Path, looks: Looks) -> None:
    for name, path in paths.items():
        await page.goto(path)
        await loaded(page)
        await _in_every_look(page, name, to, looks, whole=True)


async def _page(browser: Browser, ready: dict[str, Any] | None, url: str = "") -> Page:
    context = await browser.new_context(
        base_url=ready["url"] if ready else url, locale="en-GB", reduced_motion="reduce"
    )
    page = await context.new_page()
    await page.set_viewport_size({"width": 1440, "height": 900})
    if ready is not None:
        await sign_in(page, ready["owner"]["email"], ready["owner"]["password"])
    return page


async def _sample_vault(page: Page, ready: dict[str, Any], folder: Path) -> SampleVault:
    """Find an object of each type in the demo, and create the missing ones."""
    secrets: dict[str, dict[str, Any]] = ready["secrets"]
    granted = next(
        each for each in secrets.values() if each["granted"] and each["kind"] == "single"
    )
    project = granted["projectId"]
    structured = next(
        (each["id"] for each in secrets.values() if _fits(each, project, "structured")),
        next(each["id"] for each in secrets.values() if each["kind"] == "structured"),
    )
    for secret in (each for each in secrets.values() if each["granted"]):
        for _ in range(READS):
            await _machine_of(ready, folder).attempt("strongroom", "get", secret["id"])
    home = folder / "newcomer"
    home.mkdir(0o700)
    waiting = await JoinedMachine(home, Markers()).register(page)
    for _ in range(2):
        await ask(page, "POST", f"/api/secrets/{granted['id']}/replace", {"value": "pictured"})
    given = {"kind": "single", "name": "OLD_KEY", "value": "pictured"}
    old = await ask(page, "POST", f"/api/projects/{project}/secrets", given)
    change = {"machineId": ready["machineId"], "secretId": old["id"], "access": "all"}
    await ask(page, "PATCH", f"/api/projects/{project}/grants", {"changes": [change]})
    # Deleted after it had a reader, so that the trash can offer to give access back.
    await ask(page, "DELETE", f"/api/secrets/{old['id']}")
    await ask(page, "POST", "/api/ip-allowlist/entries", {"network": "10.20.0.0/16"})
    canary = {"name": "AWS_ADMIN", "decoy": "cloud_key"}
    planted = await ask(page, "POST", f"/api/projects/{project}/canaries", canary)
    await ask(page, "POST", f"/api/canaries/{planted['id']}/drill")
    for share in ({"label": "For the auditor"}, {}):
        await ask(page, "POST", "/api/shares", {"value": "pictured", **share})
    empty = await ask(page, "POST", "/api/projects", {"name": "office-tools"})
    bare = await ask(page, "POST", "/api/applications", {"name": "shelf", "environments": []})
    found = await ask(page, "GET", f"/api/projects/{project}")
    await make_rotation(page, structured)
    await make_token(page)
    await make_webhook(page)
    await make_key(page)
    members = await make_organization(page, project)
    wish = {"name": "Checkout team", "projectIds": [project], "rights": ["secrets.view:single"]}
    team = await ask(page, "POST", "/api/access-roles", wish)
    for member in ready["organization"]["members"][1:]:
        await _join(page, ready["url"], member, team["id"])
    await _invite_owner(page, ready)
    entries = await ask(page, "GET", f"/api/audit?project={project}&limit=1")
    return SampleVault(
        application=found["applicationId"],
        bare=bare["id"],
        project=project,
        secret=granted["id"],
        structured=structured,
        empty=empty["id"],
        frozen=project,
        machine=ready["machineId"],
        waiting=waiting["id"],
        trust=await make_trust(page, project, granted["id"]),
        policy=await make_policy(page, project, granted["id"]),
        entry=entries["items"][0]["id"],
        **members,
    )


async def _more_screens(page: Page, vault: SampleVault) -> list[Screen]:
    """Return screens that need a second member, who is in no other sample vault."""
    session = await ask(page, "GET", "/api/session")
    members = (await ask(page, "GET", "/api/members?limit=50"))["items"]
    other = next(each for each in members if each["vaultRole"] != "owner")
    accounts = (await ask(page, "GET", "/api/operator/accounts?limit=50"))["items"]
    account = next(each["id"] for each in accounts if each["username"] != session["username"])
    read = f"secret={vault.secret}&machine={vault.machine}"
    return [
        Screen(
            "member-other",
            f"/members?member={other['id']}",
            (
                Dialog("suspend-member", ("Suspend",)),
                Dialog("remove-member", ("Remove",)),
                Dialog("make-owner", ("Make owner",)),
            ),
        ),
        Screen("view-as-member", f"/members/view-as?member={other['id']}"),
        Screen("operator-suspend", f"/operator?account={account}&new=account"),
        Screen("project-access-read", f"/projects/{vault.project}/access?{read}"),
    ]


async def _join(page: Page, url: str, person: dict[str, Any], access_role: str) -> None:
    """Have a person who has an account join the page's vault."""
    roles = ("owner", "admin", "developer", "collaborator")
    role = person["vaultRole"] if person["vaultRole"] in roles else "developer"
    invited = {"email": person["email"], "vaultRole": role, "accessRoleId": access_role}
    sent = await ask(page, "POST", "/api/invitations", invited)
    theirs = await _page_of(person, page, url)
    at = f"/api/account/invitations/{sent['invitation']['id']}/accept"
    await ask(theirs, "POST", at, {"token": sent["token"]} if "token" in sent else {})
    await theirs.context.close()


async def _invite_owner(page: Page, ready: dict[str, Any]) -> None:
    """Have the owner of the demo's organization invite the owner of the page's vault."""
    theirs = await _page_of(ready["organization"]["members"][0], page, ready["url"])
    invited = {"email": ready["owner"]["email"], "vaultRole": "developer"}
    await ask(theirs, "POST", "/api/invitations", invited)
    await theirs.context.close()


async def _page_of(person: dict[str, Any], page: Page, url: str) -> Page:
    browser = page.context.browser
    if browser is None:
        raise RuntimeError("the page has no browser")
    theirs = await _page(browser, None, url)
    await sign_in(theirs, person["email"], person["password"])
    return theirs


def _machine_of(ready: dict[str, Any], folder: Path) -> JoinedMachine:
    """Return the demo's machine."""
    return JoinedMachine(folder, Markers(), Path(ready["home"]))


def _fits(secret: dict[str, Any], project: str, kind: str) -> bool:
    return secret["projectId"] == project and secret["kind"] == kind


async def _picture(page: Page, screen: Screen, to: Path, looks: Looks) -> int:
    """Take screenshots of a screen and its dialogs in every theme and size, and return their number."""
    await go_to(page, screen)
    await _in_every_look(page, screen.name, to, looks, whole=True)
    for dialog in screen.dialogs:
        await go_to(page, screen)
        await open_it(page, dialog)
        await _in_every_look(page, f"{screen.name}-{dialog.name}", to, looks, whole=False)
    return len(looks) * (1 + len(screen.dialogs))


async def _in_every_look(page: Page, name: str, to: Path, looks: Looks, *, whole: bool) -> None:
    for look, size, scheme in looks:
        await page.set_viewport_size(size)
        await page.emulate_media(color_scheme=scheme)
        await page.wait_for_timeout(150)  # until parts that depend on the size have been redrawn
        if whole:
            # Not `full_page`: fixed and sticky elements would appear in the middle of the screenshot.
            height = await page.evaluate("document.documentElement.scrollHeight")
            tall = min(max(height, size["height"]), TALLEST)
            await page.set_viewport_size({"width": size["width"], "height": tall})
        (to / look).mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=to / look / f"{name}.png")
    await page.set_viewport_size(LOOKS[0][1])


if __name__ == "__main__":
    main()
