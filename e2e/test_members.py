"""An organization from its beginning to a transfer of ownership (O-1 to O-5, U-1, U-4)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from .steps import (
    ask,
    forbidden,
    loaded,
    loaded_again,
    make_project,
    open_dialog,
    sign_in,
    toasted,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Page

    from strongroom_testkit.mail_server import MailServer
    from strongroom_testkit.markers import Markers

    from .installation import Installation
    from .watched import Watched

OWNER, MEMBER = "orla", "nils"
VIEW = ["secrets.view:single", "secrets.view:structured"]
MAILS = 200
"""How many times to look for an email, ten times a second."""


@dataclass
class Organization:
    """Two people, each signed in, and the vault of one of them."""

    owner: Page
    member: Page
    vault: str = ""
    passwords: dict[str, str] = field(default_factory=dict[str, str], repr=False)

    async def join(self, vault_role: str, access_role: str | None = None) -> str:
        """Have the member join with these roles, through the API; return the ID of the membership."""
        body = {"email": f"{MEMBER}@example.org", "vaultRole": vault_role}
        body |= {} if access_role is None else {"accessRoleId": access_role}
        await ask(self.owner, "POST", "/api/invitations", body)
        [own] = await ask(self.member, "GET", "/api/account/invitations")
        await ask(self.member, "POST", f"/api/account/invitations/{own['id']}/accept", {})
        await ask(self.member, "POST", f"/api/vaults/{self.vault}/enter")
        found = await ask(self.owner, "GET", f"/api/members?q={MEMBER}")
        return found["items"][0]["id"]


@pytest.fixture(scope="module")
async def organization(
    chromium: Browser,
    installation: Installation,
    operator: object,
    watched: Watched,
    mails: MailServer,
    markers: Markers,
) -> AsyncIterator[Organization]:
    """Two people who have signed up and are signed in, each in a separate browser."""
    del operator  # Nobody can sign up before the administrator.
    pages: list[Page] = []
    passwords = {name: markers.password() for name in (OWNER, MEMBER)}
    for name, password in passwords.items():
        context = await chromium.new_context(base_url=installation.url, locale="en-GB")
        await watched.watch(context)
        page = await context.new_page()
        pages.append(page)
        await page.goto("/sign-in")
        email = f"{name}@example.org"
        body = {"email": email, "username": name, "password": password}
        await ask(page, "POST", "/api/sign-up", body)
    for page, (name, password) in zip(pages, passwords.items(), strict=True):
        email = f"{name}@example.org"
        token = await _token(mails, email, "Confirm your email address", markers)
        await ask(page, "POST", "/api/sign-up/confirm", {"token": token, "password": password})
        await sign_in(page, email, password)
    owner, member = pages
    vault = (await ask(owner, "GET", "/api/session"))["vaultId"]
    yield Organization(owner, member, vault, passwords)
    for page in pages:
        await watched.look_at_storage(page)
        await page.context.close()


async def _token(mails: MailServer, address: str, subject: str, markers: Markers) -> str:
    for _ in range(MAILS):
        for mail, recipients in zip(mails.mails, mails.recipients, strict=True):
            if recipients == [address] and mail["Subject"] == subject:
                return markers.note(mails.link_in(mail).partition("#")[2])
        await asyncio.sleep(0.1)
    raise AssertionError(f"no mail {subject!r} arrived")


async def test_invite_accept_decline_suspend_and_leave(  # noqa: PLR0915 -- one journey
    organization: Organization, mails: MailServer, markers: Markers
) -> None:
    """V-1, O-4, O-5: an owner converts their vault and invites someone, who declines, accepts, and leaves.

    Another open list of the same owner follows each step without a reload.
    """
    owner, member = organization.owner, organization.member
    await owner.goto("/settings")
    await loaded(owner)
    dialog = await open_dialog(owner, "Convert to organization", "Convert to an organization?")
    await dialog.get_by_label("Organization name").fill("Halden Freight")
    await dialog.get_by_role("button", name="Convert").click()
    await toasted(owner, "Halden Freight is now an organization")
    await owner.get_by_role("link", name="Members & roles").first.click()
    await expect(owner.locator("h1")).to_have_text("Members & roles")
    follower = await owner.context.new_page()
    await follower.goto("/members")
    await loaded(follower)
    rows = follower.get_by_role("table", name="Members and open invitations").locator("tbody tr")

    for answer in ("Decline", "Accept"):
        dialog = await open_dialog(owner, "Invite", "Invite someone")
        await dialog.get_by_label("Email").fill(f"{MEMBER}@example.org")
        await dialog.get_by_label("Vault role").select_option(label="Developer")
        await expect(dialog).to_contain_text("Gains 8 capabilities.")
        await dialog.get_by_role("button", name="Send invitation").click()
        await toasted(owner, f"{MEMBER}@example.org invited")
        await expect(rows.filter(has_text=f"{MEMBER}@example.org")).to_contain_text("Invited")
        if answer == "Decline":
            # Before it is declined, because nothing is sent for an invitation that has ended.
            subject = "Invitation to Halden Freight"
            assert await _token(mails, f"{MEMBER}@example.org", subject, markers)
        await member.goto("/invitations")
        await loaded(member)
        await (
            member.get_by_role("row", name="Halden Freight")
            .get_by_role("button", name=answer)
            .click()
        )
        if answer == "Decline":
            await member.get_by_role("button", name="Decline invitation").click()
            await toasted(member, "declined")
            await expect(rows).to_have_count(1)
    await toasted(member, "You joined Halden Freight")
    row = rows.filter(has_text=MEMBER)
    await expect(row).to_contain_text("Active")

    await member.get_by_role("button", name="Open").click()
    await loaded_again(member)
    await owner.get_by_role("link", name=MEMBER, exact=True).click()
    dialog = await open_dialog(owner, "Suspend", f"Suspend {MEMBER}?")
    await expect(dialog).to_contain_text("machines are affected")
    await dialog.get_by_role("button", name="Suspend member").click()
    await toasted(owner, f"{MEMBER} suspended")
    await expect(row).to_contain_text("Suspended")
    await owner.get_by_role("button", name="Resume").click()
    await expect(row).to_contain_text("Active")

    await sign_in(member, f"{MEMBER}@example.org", organization.passwords[MEMBER])
    await ask(member, "POST", f"/api/vaults/{organization.vault}/enter")
    await member.goto("/settings")
    await loaded(member)
    dialog = await open_dialog(member, "Leave organization", "Leave Halden Freight?")
    await dialog.get_by_role("button", name="Leave organization").click()
    await expect(member.locator("h1")).to_have_text("Sign in")
    await sign_in(member, f"{MEMBER}@example.org", organization.passwords[MEMBER])
    await expect(rows).to_have_count(1)
    await follower.close()


async def test_a_viewer_looks_but_changes_nothing(
    organization: Organization, watched: Watched, markers: Markers
) -> None:
    """U-4, O-2: a viewer sees a project and its secrets; what they can't do is off, with the reason."""
    owner, member = organization.owner, organization.member
    await owner.goto("/")
    await loaded(owner)
    project, _ = await make_project(owner, "tally", {"TALLY_KEY": markers.value("tally")})
    made = {"name": "Viewer", "projectIds": [project], "rights": VIEW}
    role = await ask(owner, "POST", "/api/access-roles", made)
    await organization.join("collaborator", role["id"])
    await member.goto(f"/projects/{project}")
    await loaded(member)

    await expect(member.get_by_role("link", name="TALLY_KEY")).to_be_visible()
    new = member.get_by_role("button", name="New secret")
    await expect(new.first).to_have_attribute("aria-disabled", "true")
    await expect(new.first).to_have_attribute(
        "title", "You need secrets.create. Ask a vault owner."
    )
    sidebar = member.get_by_role("navigation", name="Main", exact=True)
    await expect(sidebar.get_by_role("link", name="Machines")).to_have_count(0)
    await expect(sidebar.get_by_role("link", name="Secrets")).to_be_visible()
    mine = {"name": "MINE", "kind": "single", "value": markers.value("mine")}
    await forbidden(watched, member, "POST", f"/api/projects/{project}/secrets", mine)
    await member.goto("/members")
    await loaded(member)
    await expect(member.get_by_role("button", name="Invite").first).to_have_attribute(
        "aria-disabled", "true"
    )

    await owner.goto(f"/members/access-roles/{role['id']}")
    await loaded(owner)
    box = owner.locator("input[name='rights'][value='secrets.create:single']")
    effect = owner.locator("sr-effect p")
    await box.check()
    await expect(effect).to_have_text("Gains more rights in 1 project.")
    await box.uncheck()
    await expect(effect).to_have_text("")


async def test_roles_are_given_only_downwards_until_ownership_is_transferred(
    organization: Organization, watched: Watched
) -> None:
    """O-1, O-3: a custom role cell by cell; nothing can be given one step too high; ownership is one step."""
    owner, member = organization.owner, organization.member
    await owner.goto("/members/vault-roles")
    await loaded(owner)
    dialog = await open_dialog(owner, "New role", "New vault role")
    await dialog.get_by_label("Name").fill("Release manager")
    await dialog.get_by_role("button", name="Create role").click()
    save = owner.get_by_role("button", name="Save role")
    await expect(owner.get_by_label("Name of the role")).to_have_value("Release manager")
    await expect(save).to_be_hidden()
    await owner.get_by_label("Name of the role").fill("Release managers")
    await expect(save).to_be_visible()
    await owner.get_by_label("Name of the role").fill("Release manager")
    await expect(save).to_be_hidden()
    cell = owner.get_by_label("Release manager: Freeze projects")
    await cell.check()
    await expect(owner.get_by_text("+ projects.freeze")).to_be_visible()
    await expect(owner.get_by_label("Release manager: Transfer ownership")).to_be_disabled()
    await save.click()
    await toasted(owner, "Release manager saved")
    roles = (await ask(owner, "GET", "/api/vault-roles"))["items"]
    custom = next(each for each in roles if each["name"] == "Release manager")
    assert "projects.freeze" in custom["capabilities"]

    found = (await ask(owner, "GET", f"/api/members?q={MEMBER}"))["items"]
    at = f"/api/members/{found[0]['id']}"
    await ask(owner, "PATCH", at, {"vaultRole": "admin"})
    await member.goto("/members")
    await loaded(member)
    dialog = await open_dialog(member, "Invite", "Invite someone")
    admin = dialog.get_by_role("option", name="Admin (not below yours)")
    await expect(admin).to_be_disabled()
    await expect(dialog.get_by_role("option", name="Release manager")).to_be_enabled()
    await dialog.get_by_role("button", name="Cancel").click()
    await member.get_by_role("link", name=OWNER, exact=True).click()
    reason = member.get_by_role("paragraph").filter(has_text="You can only manage members")
    await expect(reason).to_be_visible()
    high = {"email": "high@example.org", "vaultRole": "admin"}
    await forbidden(watched, member, "POST", "/api/invitations", high)

    await owner.goto(f"/members?member={found[0]['id']}")
    await loaded(owner)
    dialog = await open_dialog(owner, "Make owner", f"Make {MEMBER} an owner?")
    await dialog.get_by_label("Stay an owner too").uncheck()
    await dialog.get_by_role("button", name="Make owner").click()
    await toasted(owner, f"{MEMBER} is now an owner")
    row = member.get_by_role("row", name=OWNER)
    await expect(row).to_contain_text("Admin")
