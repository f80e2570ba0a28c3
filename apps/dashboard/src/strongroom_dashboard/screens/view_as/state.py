"""What a member, or someone with certain roles, can see and do (U-4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import reflex as rx

from strongroom_core.kernel.authority import SecretKind, VaultCapability
from strongroom_core.members.access_roles import list_access_roles
from strongroom_core.members.preview import preview_member, preview_roles
from strongroom_core.members.vault_roles import list_vault_roles
from strongroom_dashboard.screens.capability_words import (
    KINDS,
    PROJECT_CAPABILITIES,
    SECRET_CAPABILITIES,
    SHORT,
    VAULT_GROUPS,
    kinds_of,
    summary_of,
)
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.wording import counted, joined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from strongroom_core.kernel.authority import ProjectCapability
    from strongroom_core.members.views import Preview
    from strongroom_core.members.views import PreviewProject as View
    from strongroom_dashboard.event_session import Call


@dataclass(frozen=True)
class ProjectRow:
    """A project that they can open."""

    id: str = ""
    name: str = ""
    environment: str = ""
    href: str = ""
    secrets: str = ""
    rights: str = ""


@dataclass(frozen=True)
class SecretLine:
    """A secret that they can see, and what they can do with it."""

    id: str
    name: str
    kind: str
    rights: str


@dataclass(frozen=True)
class Ability:
    """Something that they can or can't do. `holders` names the roles that have the capability."""

    capability: str
    words: str
    kinds: str
    holders: str


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


class ViewAs(Screen, rx.State):
    """What a member, or someone with certain roles, can see and do."""

    title: str = ""
    who: str = ""
    bar: str = ""
    sentence: str = ""
    back: str = ""
    stop: str = "/members"
    projects: list[ProjectRow] = []
    project: ProjectRow = ProjectRow()
    secrets: list[SecretLine] = []
    more: str = ""
    abilities: list[Ability] = []
    inabilities: list[Ability] = []

    async def _fill(self, call: Call) -> None:
        asked = {
            name: text
            for name in ("member", "vaultRole", "accessRole")
            if (text := self._asked(name))
        }
        project = self._asked("project") or None
        if member := asked.get("member"):
            found = await preview_member(call.core, call.caller, member, project=project)
            self.stop = f"/members?member={member}"
        else:
            found = await preview_roles(
                call.core,
                call.caller,
                vault_role=asked.get("vaultRole"),
                access_role=asked.get("accessRole"),
                project=project,
            )
            role = asked.get("accessRole")
            self.stop = f"/members/access-roles/{role}" if role else "/members/vault-roles"
        self.back = f"/members/view-as?{urlencode(asked)}"
        names = [each for each in (found.vault_role_name, found.access_role_name) if each]
        self.who = found.username or "They"
        self.title = f"View as {found.username or ' and '.join(names) or 'someone'}"
        roles = f"someone with {' and '.join(names)}" if names else "someone without roles"
        self.bar = f"Viewing as {found.username or roles}."
        hidden = f" You can't see {found.hidden:,} of them." if found.hidden else ""
        self.projects = [self._row(each) for each in found.projects]
        self.project = self.projects[0] if project else ProjectRow()
        self.sentence = (
            f"{self.who} can see {counted(found.projects[0].secrets, 'secret')} in this project."
            if project
            else f"{self.who} can open {counted(found.opens, 'project')}.{hidden}"
        )
        self._show_secrets(found, found.projects[0].rights if project else [])
        await self._show_abilities(call, found, vault=not project)

    def _row(self, project: View) -> ProjectRow:
        return ProjectRow(
            project.id,
            project.name,
            project.environment or "",
            f"{self.back}&project={project.id}",
            f"{project.secrets:,}",
            summary_of(project.rights).capitalize(),
        )

    def _show_secrets(self, found: Preview, rights: Sequence[str]) -> None:
        self.secrets = [
            SecretLine(
                each.id,
                each.name,
                KINDS[SecretKind(each.kind)],
                ", ".join(
                    SHORT[capability]
                    for capability in SECRET_CAPABILITIES
                    if SecretKind(each.kind) in kinds_of(rights, capability)
                ).capitalize(),
            )
            for each in found.secrets
        ]
        total = found.projects[0].secrets if self.project.id else 0
        self.more = (
            f"The first {len(found.secrets):,} of {total:,} secrets"
            if total > len(found.secrets)
            else counted(total, "secret")
        )

    async def _show_abilities(self, call: Call, found: Preview, *, vault: bool) -> None:
        """Show what they can and can't do: in the vault, or in the project."""
        self.abilities, self.inabilities = [], []
        if vault and found.vault_role_name is None:
            return  # Only an access role was asked for, which has no capabilities of the vault.
        if vault:
            roles = (await list_vault_roles(call.core, call.caller)).items
            having = {
                each: [role.name for role in roles if each.value in role.capabilities]
                for each in VaultCapability
            }
            held = frozenset(found.capabilities)
            for group in VAULT_GROUPS.values():
                for capability, words in group.items():
                    self._add(capability.value, words, "", having[capability], capability in held)
            return
        known = (await list_access_roles(call.core, call.caller)).items
        rights = found.projects[0].rights
        groups: Mapping[ProjectCapability, str] = {**SECRET_CAPABILITIES, **PROJECT_CAPABILITIES}
        for capability, words in groups.items():
            kinds = kinds_of(rights, capability)
            some = len(kinds) < len(SecretKind)
            names = ["Owner", *(each.name for each in known if kinds_of(each.rights, capability))]
            only = f"Only {joined([KINDS[each].lower() for each in kinds])} secrets" if some else ""
            self._add(capability.value, words, only, names, bool(kinds))

    def _add(
        self,
        capability: str,
        words: str,
        kinds: str,
        roles: Sequence[str],
        can: bool,
    ) -> None:
        have = "has it" if len(roles) == 1 else "have it"
        made = Ability(capability, words, kinds, f"{_listed(roles)} {have}." if roles else "")
        if can:
            self.abilities.append(made)
        else:
            self.inabilities.append(made)
