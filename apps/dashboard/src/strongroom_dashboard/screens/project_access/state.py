"""Who can read a secret, what a machine can read in a project, and one read explained (P-3, P-4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.ids import SecretId
from strongroom_core.members.listing import list_project_members
from strongroom_core.reading.explain import (
    explain_read,
    list_machine_access,
    list_project_access,
    list_secret_access,
)
from strongroom_dashboard.screens.capability_words import summary_of
from strongroom_dashboard.screens.project_head import ProjectHead
from strongroom_dashboard.screens.wording import counted, why_not

if TYPE_CHECKING:
    from strongroom_core.kernel.ids import ProjectId
    from strongroom_core.reading.explain import Access, Explanation
    from strongroom_dashboard.event_session import Call

MOST_ROWS = 500


@dataclass(frozen=True)
class AccessRow:
    """One machine's access to one secret, and whether it can be used now. `why` is empty if it can."""

    id: str
    href: str
    machine: str
    secret: str
    why: str
    policy: str
    given: str
    by: str
    address: str


@dataclass(frozen=True)
class ProjectMemberRow:
    """A member who can open the project, and with which rights."""

    id: str
    href: str
    name: str
    vault_role: str
    access_role: str
    rights: str


@dataclass(frozen=True)
class StepRow:
    """One check: `passed`, `failed` or `not_reached`."""

    name: str
    state: str
    detail: str


class ProjectAccess(ProjectHead, rx.State):
    """Access in one project: to one secret, by one machine, or all of it."""

    about: str = ""
    sentence: str = ""
    whole: str = ""
    """The URL of the whole project's access, if only one secret or one machine is listed."""
    export: str = ""
    rows: list[AccessRow] = []
    can: str = ""
    cannot: str = ""
    more: str = ""
    explained: str = ""
    denied: bool = False
    steps: list[StepRow] = []
    remedies: list[str] = []
    note: str = ""
    policy: str = ""
    close: str = ""
    members: list[ProjectMemberRow] = []
    sees_members: bool = False

    async def _fill(self, call: Call) -> None:
        self.rows, self.steps, self.explained = [], [], ""
        project = await self._fill_head(call)
        await self._show_members(call, project.id)
        secret, machine = self._asked("secret"), self._asked("machine")
        base = f"/projects/{project.id}/access"
        core, caller = call.core, call.caller
        if secret:
            found = await list_secret_access(core, caller, SecretId(secret))
            self.export = f"/api/secrets/{secret}/access"
            self.close = f"{base}?secret={secret}"
        elif machine:
            found = await list_machine_access(core, caller, machine)
            found = [each for each in found if each.project_id == project.id]
            self.export = f"/api/machines/{machine}/access"
            self.close = f"{base}?machine={machine}"
        else:
            found = await list_project_access(core, caller, project.id)
            self.export, self.close = f"/api/projects/{project.id}/access", base
        found.sort(key=lambda each: not each.allowed)
        self.rows = [row_of(each, project.id) for each in found[:MOST_ROWS]]
        allowed = sum(each.allowed for each in found)
        self.whole = base if secret or machine else ""
        self.sentence = sentence_of(
            found, allowed, of_secret=bool(secret), of_machine=bool(machine)
        )
        self.more = (
            f"The first {MOST_ROWS} of {len(found):,} are shown. The export contains all of them."
            if len(found) > MOST_ROWS
            else ""
        )
        if secret and machine:
            told = await explain_read(core, caller, SecretId(secret), machine=machine)
            self._show(told, project.id)

    async def _show_members(self, call: Call, project: ProjectId) -> None:
        self.members, self.sees_members = [], not why_not(call, VaultCapability.MEMBERS_VIEW)
        if self.sees_members:
            found = await list_project_members(call.core, call.caller, project)
            self.members = [
                ProjectMemberRow(
                    each.member_id,
                    f"/members?member={each.member_id}",
                    each.username,
                    each.vault_role_name,
                    each.access_role_name or "Everything",
                    summary_of(each.rights).capitalize(),
                )
                for each in found
            ]

    def _show(self, told: Explanation, project: str) -> None:
        verb = "can read" if told.allowed else "can't read"
        self.explained = f"{told.machine_name} {verb} {told.secret_name or 'this secret'} now"
        self.denied = not told.allowed
        self.steps = [StepRow(each.name, each.state, each.detail or "") for each in told.steps]
        self.remedies = [
            each.text + (f" (needs {each.needs})" if each.needs else "") for each in told.remedies
        ]
        self.note = told.note or ""
        self.policy = f"/projects/{project}/policies/{told.policy_id}" if told.policy_id else ""


def row_of(access: Access, project: str) -> AccessRow:
    """Return a row with a link that explains it."""
    query = f"secret={access.secret_id}&machine={access.machine_id}"
    fields = "" if access.fields is None else f" ({', '.join(access.fields)})"
    return AccessRow(
        f"{access.machine_id}-{access.secret_id}",
        f"/projects/{project}/access?{query}",
        access.machine_name,
        f"{access.secret_name}{fields}",
        access.message or "",
        access.policy_name or "",
        access.granted_at.isoformat(),
        access.granted_by,
        access.address,
    )


def sentence_of(
    found: list[Access], allowed: int, *, of_secret: bool = False, of_machine: bool = False
) -> str:
    """Return a sentence about how many of these grants can be used now.

    They are the grants of a project, or only those `of_secret` or `of_machine`, which the sentence names.
    """
    if not found:
        return (
            "This machine has no access here."
            if of_machine and not of_secret
            else "No machine has access."
        )
    machines = len({each.machine_id for each in found if each.allowed})
    secrets = len({each.secret_id for each in found if each.allowed})
    denied = len(found) - allowed
    which = found[0].secret_name if of_secret else counted(secrets, "secret")
    who = found[0].machine_name if of_machine and not of_secret else counted(machines, "machine")
    said = f"{who} can read {which} now."
    return said + (f" {counted(denied, 'more grant')} can't be used now." if denied else "")
