"""The access roles of a vault: the list, and the editor of one (O-2, O-3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.kernel.authority import Access, ProjectCapability, SecretKind, VaultCapability
from strongroom_core.kernel.ids import ApplicationId
from strongroom_core.kernel.page import MAX_LIMIT, PageRequest
from strongroom_core.members.access_roles import list_access_roles, read_access_role
from strongroom_core.members.listing import list_members
from strongroom_core.members.preview import preview_roles
from strongroom_core.projects.listing import list_applications, list_projects
from strongroom_dashboard.screens.capability_words import (
    KINDS,
    PROJECT_CAPABILITIES,
    SECRET_CAPABILITIES,
    summary_of,
)
from strongroom_dashboard.screens.members.state import preview_rows
from strongroom_dashboard.screens.project_head import full_name_of
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.view_as.parts import PreviewProject
from strongroom_dashboard.screens.wording import counted, joined, why_not

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from strongroom_core.kernel.authority import Right
    from strongroom_core.members.views import AccessRoleView
    from strongroom_core.projects.views import ProjectView
    from strongroom_dashboard.event_session import Call

NOT_HELD = "You don't have this yourself, so you can't give it."
NOT_COVERED = "This role has rights that you don't have. Ask a vault owner to change it."
OWN = "Nobody can edit their own role. Ask a vault owner."
PREVIEWED = 12
"""How many projects the preview lists."""


@dataclass(frozen=True)
class AccessRoleRow:
    """An access role in the list."""

    id: str
    href: str
    name: str
    scope: str
    rights: str
    members: str


class AccessRoles(Screen, rx.State):
    """The access roles of a vault."""

    rows: list[AccessRoleRow] = []
    why_not_author: str = ""

    async def _fill(self, call: Call) -> None:
        self.why_not_author = why_not(call, VaultCapability.ACCESS_ROLES_AUTHOR)
        found = (await list_access_roles(call.core, call.caller)).items
        self.rows = [
            AccessRoleRow(
                each.id,
                f"/members/access-roles/{each.id}",
                each.name,
                scope_of(each),
                rights_of(each),
                f"{each.members:,}",
            )
            for each in found
        ]


@dataclass(frozen=True)
class Pick:
    """An application or project in the scope picker. `why_not` says why it can't be changed."""

    id: str
    name: str
    what: str
    on: bool
    why_not: str


@dataclass(frozen=True)
class RightBox:
    """A checkbox for a right."""

    value: str
    label: str
    on: bool
    why_not: str


@dataclass(frozen=True)
class RightRow:
    """A capability: one box for each kind of secret, or one that spans all of them."""

    words: str
    capability: str
    boxes: list[RightBox]
    span: int


@dataclass(frozen=True)
class Environment:
    """An environment that can have other rights. `key` is the name of its switch."""

    key: str
    name: str
    on: bool
    rights: list[RightRow]


class AccessRoleForm(Screen, mixin=True):
    """The fields of the form for an access role."""

    name: str = ""
    scope: str = "some"
    why_not: str = ""
    why_not_all: str = ""
    applications: list[Pick] = []
    projects: list[Pick] = []
    rights: list[RightRow] = []
    environments: list[Environment] = []

    async def _show(self, call: Call, role: AccessRoleView | None, rights: Sequence[str]) -> None:
        """Show a role's scope and rights, or those of a new one; offer what the person can give."""
        own = call.caller.authority.access or Access()
        self.scope = "all" if role is not None and role.everywhere else "some"
        self.why_not_all = (
            "" if own.everywhere else "You can't choose everything: your own access is limited."
        )
        on = {each.id for each in (*role.applications, *role.projects)} if role else set[str]()
        page = PageRequest(MAX_LIMIT)
        applications = (await list_applications(call.core, call.caller, page)).items
        projects = (await list_projects(call.core, call.caller, page)).items
        self.applications = [
            Pick(
                each.id,
                each.name,
                "including projects created later",
                each.id in on,
                "" if own.everywhere or ApplicationId(each.id) in own.applications else NOT_HELD,
            )
            for each in applications
        ]
        picks = [_project_pick(each, each.id in on) for each in projects]
        self.projects = sorted(picks, key=lambda each: each.name)
        self.rights = right_rows(own.rights_in(None), rights)
        overrides = role.overrides if role is not None else {}
        names = sorted({each.environment for each in projects if each.environment} | set(overrides))
        self.environments = [
            Environment(
                f"environment-{number}",
                name,
                name in overrides,
                right_rows(own.rights_in(name), overrides.get(name, rights)),
            )
            for number, name in enumerate(names)
        ]


class NewAccessRole(AccessRoleForm, rx.State):
    """The form for a new access role."""

    async def _fill(self, call: Call) -> None:
        self.name = ""
        self.why_not = why_not(call, VaultCapability.ACCESS_ROLES_AUTHOR)
        presets = (await list_access_roles(call.core, call.caller)).presets
        viewer = next(each.rights for each in presets if each.name == "viewer")
        await self._show(call, None, viewer)


class AccessRolePage(AccessRoleForm, rx.State):
    """One access role, and what a member with it can see."""

    id: str = ""
    revision: int = 0
    as_of: str = ""
    sentence: str = ""
    holders: list[str] = []
    preview: list[PreviewProject] = []
    who_sees: str = ""
    why_not_delete: str = ""

    async def _fill(self, call: Call) -> None:
        role = await read_access_role(call.core, call.caller, self._part(2))
        page = PageRequest(MAX_LIMIT)
        holders = await list_members(call.core, call.caller, page, access_role=role.id)
        self.id, self.name, self.revision = role.id, role.name, role.revision
        self.as_of = str(role.revision)
        self.holders = [each.username for each in holders.items]
        self.why_not = why_not(call, VaultCapability.ACCESS_ROLES_AUTHOR)
        if not self.why_not and not role.assignable:
            self.why_not = NOT_COVERED
        if not self.why_not and any(each.you for each in holders.items):
            self.why_not = OWN
        used = [*self.holders]
        if role.invitations:
            used.append(counted(role.invitations, "invitation"))
        in_use = f"In use by {joined(used)}. Give them another role first." if used else ""
        self.why_not_delete = self.why_not or in_use
        self.sentence = (
            f"{counted(role.members, 'member')} {'has' if role.members == 1 else 'have'} this role."
            if role.members
            else "No member has this role."
        )
        await self._show(call, role, role.rights)
        await self._preview(call, role)

    async def _preview(self, call: Call, role: AccessRoleView) -> None:
        found = await preview_roles(call.core, call.caller, access_role=role.id)
        self.preview = preview_rows(found)[:PREVIEWED]
        seen = f"can open {counted(found.opens, 'project')}"
        hidden = f", of which you can't see {found.hidden:,}" if found.hidden else ""
        self.who_sees = f"A member with the saved role {seen}{hidden}."


def scope_of(role: AccessRoleView) -> str:
    """Return a role's scope in words."""
    if role.everywhere:
        return "Everything"
    names = [*(f"{each.name} (application)" for each in role.applications)]
    names += [each.name for each in role.projects]
    if role.hidden:
        names.append(f"{role.hidden:,} that you can't see")
    return joined(names) or "No project"


def rights_of(role: AccessRoleView) -> str:
    """Return a role's rights in words."""
    said = summary_of(role.rights).capitalize()
    if role.overrides:
        return f"{said}; other rights in {joined(sorted(role.overrides))}"
    return said


def right_rows(held: Iterable[Right], given: Sequence[str]) -> list[RightRow]:
    """Return the switches. Those for rights that the person doesn't have are off, with the reason."""
    own = frozenset(held)

    def box(capability: ProjectCapability, kind: SecretKind | None, words: str) -> RightBox:
        kinds = list(SecretKind) if kind is None else [kind]
        value = capability.value if kind is None else f"{capability.value}:{kind.value}"
        label = words if kind is None else f"{words}: {KINDS[kind].lower()}"
        may = all((capability, each) in own for each in kinds)
        return RightBox(value, label, value in given, "" if may else NOT_HELD)

    return [
        RightRow(words, capability.value, [box(capability, kind, words) for kind in SecretKind], 1)
        for capability, words in SECRET_CAPABILITIES.items()
    ] + [
        RightRow(words, capability.value, [box(capability, None, words)], len(SecretKind))
        for capability, words in PROJECT_CAPABILITIES.items()
    ]


def _project_pick(project: ProjectView, on: bool) -> Pick:
    return Pick(project.id, full_name_of(project), "", on, "")
