"""The state of the frame around every screen, and of the command palette."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import reflex as rx

from strongroom_core.accounts.sessions import read_session
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.errors import StrongroomError
from strongroom_core.kernel.limits import SEARCH_LENGTH
from strongroom_core.kernel.page import PageRequest
from strongroom_core.machines.listing import list_machines
from strongroom_core.members.joining import list_own_invitations
from strongroom_core.members.listing import list_members
from strongroom_core.overview.search import search
from strongroom_core.overview.signals import read_signals
from strongroom_core.overview.views import Found, FoundKind
from strongroom_core.vaults.own import list_own_vaults
from strongroom_core.vaults.views import OwnVault
from strongroom_dashboard.components.palette import Group, Hit
from strongroom_dashboard.components.vaults import VaultItem
from strongroom_dashboard.event_session import Call, calling


@dataclass(frozen=True)
class FrozenItem:
    """A frozen project in the frame."""

    id: str
    name: str
    since: str


class Shell(rx.State):
    """The frame of every page. Each screen fills it when it loads."""

    username: str = ""
    initials: str = ""
    vault: str = ""
    vault_name: str = ""
    vault_kind: str = ""
    vaults: list[VaultItem] = []
    operator: bool = False
    deleted: str = ""
    pending: int = 0
    frozen: list[FrozenItem] = []
    machines_blocked: bool = False
    no_access: str = ""
    second_factor: bool = False
    passkey: bool = False
    hidden: list[str] = []
    invitations: int = 0
    linked: str = ""
    """The vault that the page's URL names, if it is another one of the person's."""
    linked_page: str = ""


NEEDED = {
    "machines": VaultCapability.MACHINES_VIEW,
    "tokens": VaultCapability.ENROLLMENT_VIEW,
    "allowlist": VaultCapability.IP_ALLOWLIST_VIEW,
    "audit": VaultCapability.AUDIT_VIEW,
    "alerts": VaultCapability.ALERTS_VIEW,
    "trash": VaultCapability.TRASH_MANAGE,
    "members": VaultCapability.MEMBERS_VIEW,
    "new-project": VaultCapability.PROJECTS_CREATE,
    "new-machine": VaultCapability.MACHINES_MANAGE,
    "freeze": VaultCapability.PROJECTS_FREEZE,
    "unfreeze": VaultCapability.PROJECTS_UNFREEZE,
    "invite": VaultCapability.MEMBERS_INVITE,
}
"""The capability that each place in the frame, each tab and some commands need. The others need none."""


def hidden_from(capabilities: frozenset[VaultCapability]) -> list[str]:
    """Return the places that someone with these capabilities can't open."""
    return [place for place, needed in NEEDED.items() if needed not in capabilities]


async def fill_shell(shell: Shell, call: Call) -> None:
    """Load the frame's data."""
    session = await read_session(call.core, call.caller)
    shell.hidden = hidden_from(call.caller.authority.vault)
    shell.invitations = len(await list_own_invitations(call.core, call.caller))
    shell.second_factor = bool(session.second_factors)
    shell.passkey = "passkey" in session.second_factors
    if call.caller.authority.lacks_factor:
        shell.username, shell.vault = call.caller.username, call.caller.vault
        shell.vault_name = session.vault_name
        shell.pending, shell.frozen, shell.machines_blocked = 0, [], False
        shell.no_access = ""
        return
    signals = await read_signals(call.core, call.caller)
    shell.username = call.caller.username
    shell.initials = call.caller.username[:2].upper()
    shell.vault = call.caller.vault
    shell.vault_name = signals.vault_name
    own = await list_own_vaults(call.core, call.caller)
    shell.vaults = [vault_item(each) for each in own]
    here = next((each for each in own if each.current), None)
    shell.vault_kind = vault_item(here).kind if here is not None else ""
    shell.deleted = here.deleted_at.isoformat() if here is not None and here.deleted_at else ""
    shell.operator = call.caller.operator
    shell.pending = signals.machines_pending or 0
    shell.machines_blocked = signals.machines_blocked
    shell.no_access = signals.no_access or ""
    shell.frozen = [
        FrozenItem(
            project.id,
            f"{project.application_name}/{project.name}"
            if project.application_name
            else project.name,
            project.since.isoformat(),
        )
        for project in signals.frozen_projects
    ]


def vault_item(own: OwnVault) -> VaultItem:
    """Return a vault of the person's as an item of the menu."""
    kind = (
        "Deleted"
        if own.deleted_at is not None
        else f"{own.shape}, {own.role_name or own.role}".capitalize()
    )
    return VaultItem(own.id, own.name, kind, own.current)


TITLES = {
    FoundKind.SECRET: "Secrets",
    FoundKind.PROJECT: "Projects",
    FoundKind.APPLICATION: "Applications",
    FoundKind.MACHINE: "Machines",
}
MOST, MOST_MEMBERS = 20, 6


class Palette(rx.State):
    """Search results by kind. `looked_for` is the search text that they belong to."""

    groups: list[Group] = []
    looked_for: str = ""

    @rx.event
    async def search(self, text: str) -> None:
        """Find objects that match the text, or objects that a command such as `freeze shop` can act on."""
        call = calling()
        words = text.strip()[:SEARCH_LENGTH]
        try:
            groups = await _found_for(call, words) if words else []
        except StrongroomError:
            groups = []
        self.looked_for = text[:SEARCH_LENGTH]
        self.groups = groups


async def _found_for(call: Call, words: str) -> list[Group]:
    folded = words.casefold()
    for verb, find in _OBJECTS.items():
        if folded == verb or folded.startswith(f"{verb} "):
            hits = await find(call, words[len(verb) :].strip())
            return [Group(title=verb.capitalize(), hits=hits)] if hits else []
    found = await search(call.core, call.caller, words, limit=MOST)
    members = await _members(call, words)
    return [
        Group(title=title, hits=[hit_of(each) for each in found if each.kind is kind])
        for kind, title in TITLES.items()
        if any(each.kind is kind for each in found)
    ] + ([Group(title="Members", hits=members)] if members else [])


async def _members(call: Call, words: str) -> list[Hit]:
    """Return the vault's other members whose username contains the text, if the person can list members."""
    if VaultCapability.MEMBERS_VIEW not in call.caller.authority.vault:
        return []
    page = await list_members(call.core, call.caller, PageRequest(limit=MOST_MEMBERS), q=words)
    return [
        Hit(
            kind="member",
            name=each.username,
            where=each.vault_role_name,
            href=f"/members?member={each.id}",
        )
        for each in page.items
        if not each.you
    ]


async def _to_freeze(call: Call, words: str) -> list[Hit]:
    return await _projects(call, words, "/settings?new=freeze")


async def _to_add_to(call: Call, words: str) -> list[Hit]:
    return await _projects(call, words, "?new=secret")


async def _projects(call: Call, words: str, leads_to: str) -> list[Hit]:
    found = await search(call.core, call.caller, words, limit=MOST, only=FoundKind.PROJECT)
    return [_target(each.id, _full_name(each), leads_to) for each in found]


async def _to_unfreeze(call: Call, words: str) -> list[Hit]:
    signals = await read_signals(call.core, call.caller)
    names = {
        each.id: "/".join(filter(None, (each.application_name, each.name)))
        for each in signals.frozen_projects
    }
    return [
        _target(project, name, "/frozen")
        for project, name in names.items()
        if words.casefold() in name.casefold()
    ]


async def _to_approve(call: Call, words: str) -> list[Hit]:
    if VaultCapability.MACHINES_VIEW not in call.caller.authority.vault:
        return []
    page = await list_machines(call.core, call.caller, PageRequest(limit=MOST), pending=True)
    return [
        Hit(kind="machine", name=each.name, where=each.hostname, href=f"/machines/{each.id}")
        for each in page.items
        if words.casefold() in each.name.casefold()
    ]


_OBJECTS: dict[str, Callable[[Call, str], Awaitable[list[Hit]]]] = {
    "new secret": _to_add_to,
    "freeze": _to_freeze,
    "unfreeze": _to_unfreeze,
    "approve": _to_approve,
}
"""The objects that each command can act on. The palette lists them once the command's name has been typed."""


def _target(project: str, name: str, leads_to: str) -> Hit:
    return Hit(kind="project", name=name, where="", href=f"/projects/{project}{leads_to}")


def _full_name(found: Found) -> str:
    return "/".join(part for part in (found.application_name, found.name) if part)


def hit_of(found: Found) -> Hit:
    """Return a search result as a link."""
    place = [part for part in (found.application_name, found.project_name) if part]
    return Hit(kind=found.kind, name=found.name, where="/".join(place), href=_href(found))


def _href(found: Found) -> str:
    match found.kind:
        case FoundKind.SECRET:
            return f"/projects/{found.project_id}?secret={found.id}"
        case FoundKind.PROJECT:
            return f"/projects/{found.id}"
        case FoundKind.APPLICATION:
            return f"/applications/{found.id}"
        case FoundKind.MACHINE:
            return f"/machines/{found.id}"
