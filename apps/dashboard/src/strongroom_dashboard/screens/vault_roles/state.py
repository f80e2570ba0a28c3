"""The vault roles: which capabilities each has, and the custom role that is being edited (O-1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.access.roles import OWNER_ONLY
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.page import MAX_LIMIT, PageRequest
from strongroom_core.members.listing import list_members
from strongroom_core.members.vault_roles import list_vault_roles
from strongroom_dashboard.components.fields import Option
from strongroom_dashboard.screens.capability_words import VAULT_GROUPS
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.wording import counted, joined, why_not

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.members.views import VaultRoleView
    from strongroom_dashboard.event_session import Call


@dataclass(frozen=True)
class RoleColumn:
    """A role. `why_not` says why the person can't edit it; `people` counts its members."""

    id: str
    name: str
    people: str
    href: str
    custom: bool
    edited: bool
    why_not: str


@dataclass(frozen=True)
class Cell:
    """Whether a role has a capability. While it is `edited`, it is a checkbox."""

    id: str
    value: str
    label: str
    held: bool
    edited: bool
    why_not: str


@dataclass(frozen=True)
class CapabilityRow:
    """A capability in all roles. If `group` isn't empty, it is a group's heading."""

    id: str
    group: str
    words: str
    cells: list[Cell]


@dataclass(frozen=True)
class Start:
    """The capabilities that a new role can start with, as a comma-separated list."""

    id: str
    capabilities: str


@dataclass(frozen=True)
class Edited:
    """The role that is being edited. `who` names its members."""

    id: str = ""
    name: str = ""
    revision: int = 0
    who: str = ""
    why_not_delete: str = ""


class VaultRoles(Screen, rx.State):
    """The table of vault roles."""

    columns: list[RoleColumn] = []
    rows: list[CapabilityRow] = []
    edited: Edited = Edited()
    as_of: str = ""
    starts: list[Option] = []
    start_values: list[Start] = []
    why_not_author: str = ""

    async def _fill(self, call: Call) -> None:
        self.why_not_author = why_not(call, VaultCapability.VAULT_ROLES_AUTHOR)
        roles = (await list_vault_roles(call.core, call.caller)).items
        asked = self._asked("role")
        edited = next((each for each in roles if each.id == asked and not each.built_in), None)
        if edited is not None and why_not_edit(call, edited):
            edited = None
        self.columns = [column_of(call, each, edited=each is edited) for each in roles]
        self.rows = rows_of(call, roles, edited)
        self.edited, self.as_of = Edited(), ""
        if edited is not None:
            page = PageRequest(MAX_LIMIT)
            holders = await list_members(call.core, call.caller, page, vault_role=edited.id)
            names = [each.username for each in holders.items]
            self.edited = edited_of(edited, names)
            self.as_of = str(edited.revision)
        can = [each for each in roles if each.assignable]
        self.starts = [Option(value=each.id, text=each.name) for each in reversed(can)]
        self.start_values = [Start(each.id, ",".join(each.capabilities)) for each in can]


def why_not_edit(call: Call, role: VaultRoleView) -> str:
    """Return why the person can't edit a custom role; empty if they can."""
    lacks = why_not(call, VaultCapability.VAULT_ROLES_AUTHOR)
    if lacks or role.built_in:
        return lacks or "Built-in roles can't be changed."
    if role.id == call.caller.authority.role:
        return "Nobody can edit their own role. Ask a vault owner."
    return "" if role.assignable else "This role isn't below yours. Ask a vault owner."


def column_of(call: Call, role: VaultRoleView, *, edited: bool) -> RoleColumn:
    """Return a role's column."""
    people = "1 person" if role.members == 1 else f"{role.members:,} people"
    return RoleColumn(
        role.id,
        role.name,
        f"{people}, editing" if edited else people,
        f"/members/vault-roles?role={role.id}",
        not role.built_in,
        edited,
        why_not_edit(call, role),
    )


def rows_of(
    call: Call, roles: Sequence[VaultRoleView], edited: VaultRoleView | None
) -> list[CapabilityRow]:
    """Return the rows of the table, with a heading for each group."""
    rows: list[CapabilityRow] = []
    for group, capabilities in VAULT_GROUPS.items():
        rows.append(CapabilityRow(group, group, "", []))
        for capability, words in capabilities.items():
            cells = [
                Cell(
                    each.id,
                    capability.value,
                    f"{each.name}: {words}",
                    capability.value in each.capabilities,
                    each is edited,
                    why_not_give(call, capability) if each is edited else "",
                )
                for each in roles
            ]
            rows.append(CapabilityRow(capability.value, "", words, cells))
    return rows


def why_not_give(call: Call, capability: VaultCapability) -> str:
    """Return why a role that the person edits can't have this capability; empty if it can."""
    if capability in OWNER_ONLY:
        return "Only owners can have this."
    if capability not in call.caller.authority.vault:
        return "You don't have this yourself, so you can't give it."
    return ""


def edited_of(role: VaultRoleView, names: Sequence[str]) -> Edited:
    """Return the role that is being edited."""
    used = [*names, *([counted(role.invitations, "invitation")] if role.invitations else [])]
    return Edited(
        role.id,
        role.name,
        role.revision or 0,
        f"Applies to {joined(names)} from their next request."
        if names
        else "Nobody has this role yet.",
        f"In use by {joined(used)}. Give them another role first." if used else "",
    )
