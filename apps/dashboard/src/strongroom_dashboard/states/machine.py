"""One machine: who it is, what it reaches, what it did, and how it is stopped (M-8, M-9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.grants.attachments import list_machine_projects
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.ids import ProjectId
from strongroom_core.kernel.page import MAX_LIMIT, PageRequest
from strongroom_core.machines.listing import read_machine
from strongroom_core.machines.use import read_machine_use
from strongroom_core.projects.listing import list_projects
from strongroom_core.record.filter import EntryFilter
from strongroom_core.record.list import list_entries
from strongroom_dashboard.components.dialog import Consequence
from strongroom_dashboard.components.feed import FeedEntry
from strongroom_dashboard.components.fields import Option
from strongroom_dashboard.states.counting import counted
from strongroom_dashboard.states.entries import feed_of
from strongroom_dashboard.states.grant_choices import GrantChoice, choices_of
from strongroom_dashboard.states.project_head import full_name_of
from strongroom_dashboard.states.rights import why_not
from strongroom_dashboard.states.screen import Screen
from strongroom_dashboard.states.waiting import Waiting, waiting_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.grants.views import AttachmentView
    from strongroom_core.machines.views import MachineUse, MachineView
    from strongroom_dashboard.door import Call

ACTIVITY = 8


@dataclass(frozen=True)
class Particulars:
    """Who a machine is. Texts are empty where there is nothing to say."""

    id: str = ""
    name: str = ""
    enabled: bool = False
    fingerprint: str = ""
    former_names: str = ""
    hostname: str = ""
    registered_from: str = ""
    registered: str = ""
    approved: str = ""
    seen: str = ""
    seen_from: str = ""
    revision: str = ""


@dataclass(frozen=True)
class AttachedProject:
    """A project the machine is attached to, and how many of its secrets it may read."""

    id: str
    name: str
    href: str
    environment: str
    frozen: bool
    granted: str
    secrets: str
    choose: str
    chosen: bool
    consequences: list[Consequence]


class MachinePage(Screen, rx.State):
    """A machine of the vault."""

    machine: Particulars = Particulars()
    sentence: str = ""
    pending: bool = False
    waiting: Waiting = Waiting()
    projects: list[AttachedProject] = []
    attachable: list[Option] = []
    if_revoked: list[Consequence] = []
    if_disabled: list[Consequence] = []
    chosen: str = ""
    chosen_name: str = ""
    choices: list[GrantChoice] = []
    too_many: bool = False
    feed: list[FeedEntry] = []
    may_not: str = ""

    async def _fill(self, call: Call) -> None:
        machine = self._part(1)
        view = await self._show_nothing_but(call, machine)
        self.may_not = why_not(call, VaultCapability.MACHINES_MANAGE)
        self.pending = view.approved_at is None
        use = await read_machine_use(call.core, call.caller, machine)
        self.machine = particulars_of(view, use)
        self.waiting = waiting_of(view) if self.pending else Waiting()
        self.sentence = sentence_of(view)
        self.if_revoked = consequences_of(view, use)
        self.if_disabled = consequences_of(view, use)
        attached = await list_machine_projects(call.core, call.caller, machine)
        self.projects = [
            attached_project_of(each, view.name, chosen=self._asked("project")) for each in attached
        ]
        await self._show_attachable(call, attached)
        await self._show_choices(call, attached)
        await self._show_activity(call)

    async def _show_nothing_but(self, call: Call, machine: str) -> MachineView:
        """Look the machine up; where it is not there, nothing of another one stays."""
        if machine != self.machine.id:
            self.machine, self.waiting = Particulars(), Waiting()
            self.projects, self.attachable, self.feed = [], [], []
            self.choices, self.chosen, self.chosen_name = [], "", ""
            self.sentence, self.pending, self.too_many = "", False, False
            self.if_revoked, self.if_disabled = [], []
        return await read_machine(call.core, call.caller, machine)

    async def _show_attachable(self, call: Call, attached: Sequence[AttachmentView]) -> None:
        known = {each.project_id for each in attached}
        found = await list_projects(call.core, call.caller, PageRequest(limit=MAX_LIMIT))
        self.attachable = [
            Option(value=project.id, text=full_name_of(project))
            for project in found.items
            if project.id not in known
        ]

    async def _show_choices(self, call: Call, attached: Sequence[AttachmentView]) -> None:
        wanted = self._asked("project")
        chosen = next((each for each in attached if each.project_id == wanted), None)
        if chosen is None:
            self.chosen, self.chosen_name, self.choices, self.too_many = "", "", [], False
            return
        project = ProjectId(chosen.project_id)
        choices, self.too_many = await choices_of(call, project, str(chosen.machine_id))
        self.chosen, self.chosen_name = chosen.project_id, place_of(chosen)
        # The list can be long, and what is assigned is sent again.
        if choices != self.choices:
            self.choices = choices

    async def _show_activity(self, call: Call) -> None:
        self.feed = []
        if VaultCapability.AUDIT_VIEW in call.caller.authority.vault:
            wanted = EntryFilter(machine=self.machine.id)
            page = PageRequest(limit=ACTIVITY)
            found = await list_entries(call.core, call.caller, page, wanted)
            self.feed = feed_of(found.items, call.caller)


def particulars_of(view: MachineView, use: MachineUse) -> Particulars:
    """Return who a machine is; what it read since the last tally counts too."""
    seen = max(filter(None, (view.last_seen_at, use.last_read_at)), default=None)
    origin = ", ".join(filter(None, (use.address, use.country)))
    return Particulars(
        id=str(view.id),
        name=view.name,
        enabled=view.enabled,
        fingerprint=view.fingerprint,
        former_names=", ".join(reversed(view.former_names)),
        hostname=view.hostname,
        registered_from=view.registered_from,
        registered=view.registered_at.isoformat(),
        approved=view.approved_at.isoformat() if view.approved_at is not None else "",
        seen=seen.isoformat() if seen is not None else "",
        seen_from=origin,
        revision=str(view.revision),
    )


def sentence_of(view: MachineView) -> str:
    """Say how things stand with a machine."""
    if view.approved_at is None:
        return "It waits for you. Until it is approved it can read nothing."
    if view.projects == 0:
        reach = "Attached to no project, so it can read nothing"
    elif view.grants == 0:
        reach = f"Attached to {counted(view.projects, 'project')} and granted no secret yet"
    else:
        reach = f"Granted {counted(view.grants, 'secret')} in {counted(view.projects, 'project')}"
    if view.enabled:
        return f"{reach}."
    return f"It reads nothing until somebody enables it. {reach}."


def consequences_of(view: MachineView, use: MachineUse) -> list[Consequence]:
    """Say in numbers what ends when a machine is stopped."""
    secrets = "secret it can read now" if view.grants == 1 else "secrets it can read now"
    if view.projects > 0:
        secrets += f", in {counted(view.projects, 'project')}"
    reads = "read in the last hour" if use.reads == 1 else "reads in the last hour"
    if use.reads > 0 and use.last_read_at is not None:
        reads += f", the latest at {use.last_read_at:%H:%M:%S} UTC"
    elif use.last_read_at is not None:
        reads += f"; the last one was on {use.last_read_at.day} {use.last_read_at:%b %Y}"
    else:
        reads += "; it never read anything"
    return [
        Consequence(number=f"{view.grants:,}", text=secrets),
        Consequence(number=f"{use.reads:,}", text=reads),
    ]


def attached_project_of(view: AttachmentView, machine: str, *, chosen: str) -> AttachedProject:
    """Return a project's line on the page of a machine, and what detaching would end."""
    secrets = "secret" if view.grants == 1 else "secrets"
    return AttachedProject(
        id=view.project_id,
        name=place_of(view),
        href=f"/projects/{view.project_id}",
        # Beside an application's name it is the project's name already.
        environment=view.environment or "" if view.application_name is None else "",
        frozen=view.frozen_at is not None,
        granted=f"{view.grants:,}",
        secrets=f"{view.secrets:,}",
        choose=f"/machines/{view.machine_id}?project={view.project_id}",
        chosen=view.project_id == chosen,
        consequences=[
            Consequence(
                number=f"{view.grants:,}", text=f"{secrets} there that {machine} can read now"
            )
        ],
    )


def place_of(view: AttachmentView) -> str:
    """Return how a sentence names the project of an attachment."""
    if view.application_name is None:
        return view.project_name
    return f"{view.application_name}, {view.project_name}"
