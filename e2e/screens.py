"""Every screen of the dashboard and its dialogs, for axe and for screenshots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from playwright.async_api import expect

from .sample_vault import ask_to_connect
from .steps import loaded

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from playwright.async_api import Locator, Page

    from .sample_vault import SampleVault


@dataclass(frozen=True, slots=True)
class Dialog:
    """A dialog or menu that opens from a screen. `press` lists the buttons that open it, in order."""

    name: str
    press: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen and its dialogs. `open` screens need no session.

    `path` may be a function that prepares the screen and returns its path. `press` lists the buttons that
    show all of the screen, in order. `title` is part of the page's title, for a screen that shows the
    previous screen's data until its own has arrived.
    """

    name: str
    path: str | Callable[[Page], Awaitable[str]]
    dialogs: tuple[Dialog, ...] = ()
    open: bool = False
    press: tuple[str, ...] = ()
    title: str = ""


MORE = "More actions"


def screens(vault: SampleVault) -> list[Screen]:
    """Return every screen, filled from a sample vault."""
    project, machine = f"/projects/{vault.project}", f"/machines/{vault.machine}"
    secret = f"{project}?secret={vault.secret}"
    return [
        Screen("sign-in", "/sign-in", open=True),
        Screen("setup", "/setup#srl_example", open=True),
        Screen("setup-without-link", "/setup", open=True),
        Screen("sign-up", "/sign-up", open=True),
        Screen("verify", "/verify#srl_example", open=True),
        Screen("verify-without-link", "/verify", open=True),
        Screen("forgot", "/forgot", open=True),
        Screen("reset", "/reset#srl_example", open=True),
        Screen("confirm-email", "/confirm-email#srl_example", open=True),
        Screen("not-me", "/not-me#srl_example", open=True),
        Screen("cancel-recovery", "/cancel-recovery#srl_example", open=True),
        Screen(
            "security",
            "/security",
            (
                Dialog("rename-key", ("Rename",)),
                Dialog("revoke-key", ("Revoke",)),
                Dialog("forget-browser", ("Forget",)),
                Dialog("set-up-app", ("Set up",)),
                Dialog("add-passkey", ("Add passkey",)),
                Dialog("change-username", ("Change username",)),
                Dialog("change-email", ("Change email",)),
                Dialog("change-password", ("Change password",)),
                Dialog("close-account", ("Close account",)),
            ),
        ),
        Screen("connect", "/connect?code=BCDF-GHJK"),
        Screen("connect-found", _asked_to_connect, press=("Find the program",)),
        Screen(
            "settings",
            "/settings",
            (Dialog("delete-vault", ("Delete vault",)),),
        ),
        Screen(
            "members",
            "/members",
            (Dialog("invite", ("Invite",)), Dialog("status-menu", ("Status",))),
        ),
        Screen("member", f"/members?member={vault.member}"),
        Screen(
            "invitation",
            f"/members?invitation={vault.invitation}",
            (Dialog("resend", ("Resend",)), Dialog("withdraw", ("Withdraw",))),
        ),
        Screen("vault-roles", "/members/vault-roles", (Dialog("new-vault-role", ("New role",)),)),
        Screen(
            "vault-role",
            f"/members/vault-roles?role={vault.vault_role}",
            (Dialog("delete-vault-role", ("Delete role",)),),
        ),
        Screen("access-roles", "/members/access-roles"),
        Screen("new-access-role", "/members/access-roles/new"),
        Screen(
            "access-role",
            f"/members/access-roles/{vault.access_role}",
            (Dialog("delete-access-role", ("Delete role",)),),
        ),
        Screen("capabilities", "/members/capabilities?capability=secrets.view"),
        Screen("view-as", f"/members/view-as?accessRole={vault.access_role}"),
        Screen(
            "view-as-project",
            f"/members/view-as?accessRole={vault.access_role}&project={vault.project}",
            title="/production",
        ),
        Screen("own-invitations", "/invitations"),
        Screen("invitation-link", "/invitation#srl_example", open=True),
        Screen(
            "operator",
            "/operator",
            (
                Dialog("sign-up-link", ("Create sign-up link",)),
                Dialog("new-plan", ("New plan",)),
                Dialog("give-plan", ("Assign plan",)),
            ),
        ),
        Screen("overview", "/?steps=hide", (Dialog("person-menu", ("@.person",)),)),
        Screen("first-steps", "/?steps=show"),
        Screen(
            "secrets",
            "/projects",
            (
                Dialog("new-project", ("New project",)),
                Dialog("new-application", ("New application",)),
                Dialog("filter-menu", ("Environment",)),
            ),
        ),
        Screen(
            "application",
            f"/applications/{vault.application}",
            (Dialog("add-environment", ("Add environment",)),),
        ),
        Screen(
            "application-settings",
            f"/applications/{vault.application}?tab=settings",
        ),
        Screen(
            "application-bare",
            f"/applications/{vault.bare}?tab=settings",
            (Dialog("delete-application", ("Delete application",)),),
        ),
        Screen(
            "project",
            project,
            (
                Dialog("new-secret", ("New secret",)),
                Dialog("use-project", ("Use it",)),
                Dialog("give-access", ("@[data-pick-all]", "Give access")),
            ),
        ),
        Screen("project-empty", f"/projects/{vault.empty}"),
        Screen(
            "secret",
            secret,
            (
                Dialog("give-access", ("@[data-gives-access]",)),
                Dialog("replace-secret", ("Replace",)),
                Dialog("generate-value", ("Generate",)),
                Dialog("set-rotation", ("Set up",)),
                Dialog("edit-secret", ("Edit",)),
                Dialog("drop-box", ("More actions", "Create drop box")),
                Dialog("delete-secret", ("More actions", "Delete")),
            ),
        ),
        Screen(
            "secret-versions", f"{secret}&view=versions", (Dialog("roll-back", ("Roll back",)),)
        ),
        Screen("secret-readers", f"{secret}&view=readers"),
        Screen("secret-activity", f"{secret}&view=activity"),
        Screen(
            "structured-secret",
            f"{project}?secret={vault.structured}",
            (
                Dialog("replace-structured", ("Replace",)),
                Dialog("change-rotation", ("Change",)),
                Dialog("queue-rotation", ("Rotate now",)),
                Dialog("delete-rotation", ("@.drawer [commandfor=delete-rotation]",)),
                Dialog("generate-fields", ("Generate",)),
            ),
        ),
        Screen(
            "project-machines",
            f"{project}/machines",
            (
                Dialog("attach-machines", ("Attach machines",)),
                Dialog("detach-machine", ("Detach",)),
            ),
        ),
        Screen("project-access", f"{project}/access"),
        Screen("project-policies", f"{project}/policies"),
        Screen("new-policy", f"{project}/policies/new"),
        Screen(
            "policy",
            f"{project}/policies/{vault.policy}",
            (
                Dialog("add-policy-secrets", ("Add secrets",)),
                Dialog("enforce-policy", ("Enforce",)),
            ),
        ),
        Screen(
            "project-canaries",
            f"{project}/canaries",
            (
                Dialog("plant-canary", ("Plant canary",)),
                Dialog("change-canary", ("Change",)),
                Dialog("drill-canary", ("Drill",)),
            ),
        ),
        Screen(
            "project-settings",
            f"{project}/settings",
            (
                Dialog("freeze", ("Freeze project",)),
                Dialog("delete-project", ("Delete project",)),
                Dialog("move-out", ("Move out of the application",)),
            ),
        ),
        Screen(
            "project-alone-settings",
            f"/projects/{vault.empty}/settings",
            (Dialog("move-in", ("Move into an application",)),),
        ),
        Screen("frozen", f"/projects/{vault.frozen}/frozen"),
        Screen("frozen-secrets", f"/projects/{vault.frozen}"),
        Screen(
            "machines",
            "/machines",
            (Dialog("add-machine", ("Add machine",)), Dialog("deny-machine", ("Deny",))),
        ),
        Screen("enrollment-tokens", "/machines/tokens", (Dialog("revoke-token", ("Revoke",)),)),
        Screen("trusts", "/machines/trusts"),
        Screen("new-trust", "/machines/trusts/new"),
        Screen("trust", f"/machines/trusts/{vault.trust}", (Dialog("revoke-trust", ("Revoke",)),)),
        Screen(
            "allowlist",
            "/machines/allowlist",
            (
                Dialog("add-network", ("Add network",)),
                Dialog("turn-on-allowlist", ("Turn on",)),
                Dialog("remove-network", ("Remove",)),
            ),
        ),
        Screen("alerts", "/alerts", (Dialog("email-times", ("Email times",)),)),
        Screen(
            "webhooks",
            "/alerts/webhooks",
            (
                Dialog("add-webhook", ("Add webhook",)),
                Dialog("rotate-webhook", ("Rotate",)),
                Dialog("delete-webhook", ("Delete",)),
            ),
        ),
        Screen("machine-waiting", f"/machines/{vault.waiting}"),
        Screen(
            "machine",
            machine,
            (
                Dialog("disable-machine", ("Disable",)),
                Dialog("rename-machine", (MORE, "Rename")),
                Dialog("revoke-machine", (MORE, "Revoke")),
                Dialog("attach-project", ("Attach to a project",)),
                Dialog("detach-project", ("Detach",)),
            ),
        ),
        Screen("grants", f"{machine}?project={vault.project}"),
        Screen(
            "audit",
            "/audit",
            (Dialog("severity-menu", ("Severity",)), Dialog("export", ("Export",))),
        ),
        Screen("audit-entry", f"/audit?entry={vault.entry}"),
        Screen("audit-nothing", "/audit?q=nothing-is-called-so"),
        Screen(
            "shares",
            "/shares",
            (
                Dialog("new-share", ("New share",)),
                Dialog("revoke-share", ("@main [commandfor^=revoke-]",)),
            ),
        ),
        Screen(
            "trash",
            "/trash",
            (
                Dialog("permanently-delete", ("@.acts .danger-quiet",)),
                Dialog("restore", ("@button[commandfor^=restore-]",)),
            ),
        ),
        Screen("not-here", "/projects/proj_aaaaaaaaaaaaaaaa"),
        Screen("no-such-page", "/nowhere", open=True),
        Screen("reference", "/docs", open=True),
    ]


async def go_to(page: Page, screen: Screen) -> None:
    """Go to a screen."""
    path = screen.path if isinstance(screen.path, str) else await screen.path(page)
    await page.goto(path)
    if screen.open:
        await expect(page.locator("h1")).to_be_visible()
        return
    await loaded(page)
    await expect(page.locator("main h1, main h2").first).to_be_visible()
    if screen.title:
        await expect(page.locator("main h1")).to_contain_text(screen.title)
    for name in screen.press:
        await page.get_by_role("button", name=name, exact=True).click()
        await expect(page.locator("main .result, main [data-result]").first).to_be_visible()


async def _asked_to_connect(page: Page) -> str:
    asked = await ask_to_connect(page)
    return f"/connect?code={asked['code']}"


async def open_it(page: Page, dialog: Dialog) -> Locator:
    """Open a dialog or menu on the current screen, and return it."""
    for name in dialog.press:
        if name.startswith("@"):
            button = page.locator(name[1:]).filter(visible=True).first
        else:
            button = page.get_by_role("button", name=name, exact=True).filter(visible=True).first
        await button.click()
    opened = page.locator("dialog[open], [popover]:popover-open:not(.toasts)").last
    await expect(opened).to_be_visible()
    return opened
