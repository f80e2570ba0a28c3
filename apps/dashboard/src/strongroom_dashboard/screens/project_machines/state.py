"""The machines attached to a project, and how many secrets each of them can read (M-9)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import reflex as rx

from strongroom_core.grants.attachments import ATTACHMENTS, list_attachments
from strongroom_core.kernel.authority import ProjectCapability, VaultCapability
from strongroom_core.kernel.page import MAX_LIMIT, PageRequest
from strongroom_core.machines.listing import list_machines
from strongroom_dashboard.components.dialog import Consequence
from strongroom_dashboard.components.fields import Option
from strongroom_dashboard.screens.project_head import ProjectHead
from strongroom_dashboard.screens.sorted_list import (
    SortedList,
    known_sort,
    sorted_list,
    unknown_list,
)
from strongroom_dashboard.screens.wording import why_not, why_not_in

if TYPE_CHECKING:
    from strongroom_core.grants.views import AttachmentView
    from strongroom_core.kernel.ids import ProjectId
    from strongroom_dashboard.event_session import Call

ROWS = 50
SHORT_ID = 8
"""How many characters of the ID to show, to distinguish a machine from others with the same name."""

SORTS = ("machineName", "machineEnabled", "-grants", "-lastSeenAt")


@dataclass(frozen=True)
class AttachedMachine:
    """A machine attached to this project. `seen` is its last read in any project."""

    id: str
    href: str
    choose: str
    name: str
    enabled: bool
    seen: str
    granted: str
    secrets: str
    attached: str
    consequences: list[Consequence]


class ProjectMachines(ProjectHead, rx.State):
    """The machines of one project."""

    rows: list[AttachedMachine] = []
    attachable: list[Option] = []
    sought: str = ""
    more: bool = False
    around: SortedList = unknown_list(SORTS)
    sees_machines: bool = False
    why_not_attach: str = ""
    why_not_detach: str = ""

    async def _fill(self, call: Call) -> None:
        self.rows, self.attachable, self.around = [], [], unknown_list(SORTS)
        project = await self._fill_head(call)
        no_machines = why_not(call, VaultCapability.MACHINES_VIEW)
        self.sees_machines = not no_machines
        attach = why_not_in(call, project, ProjectCapability.MACHINES_ATTACH)
        self.why_not_attach = attach or no_machines
        self.why_not_detach = why_not_in(call, project, ProjectCapability.MACHINES_DETACH)
        asked = {"sort": sort} if (sort := known_sort(self._asked("sort"), SORTS)) else {}
        page = PageRequest.parse(limit=ROWS, cursor=self._asked("cursor") or None, sort=sort)
        found = await list_attachments(call.core, call.caller, project.id, page)
        self.rows = [attached_machine_of(each) for each in found.items]

        def link(**changes: str) -> str:
            return f"/projects/{project.id}/machines?{urlencode({**asked, **changes})}"

        self.around = sorted_list(
            found,
            link,
            sorts=SORTS,
            current=sort or ATTACHMENTS.default,
            nouns=("machine", "machines"),
        )
        await self._show_attachable(call, project.id)

    async def _show_attachable(self, call: Call, project: ProjectId) -> None:
        """Offer the machines that can be attached: all of them, or the first few with a search field."""
        self.sought, self.attachable, self.more = self._asked("machine"), [], False
        if VaultCapability.MACHINES_VIEW not in call.caller.authority.vault:
            return
        found = await list_machines(
            call.core,
            call.caller,
            PageRequest(limit=MAX_LIMIT),
            pending=False,
            q=self.sought.replace("\0", "") or None,
            outside=project,
        )
        self.more = found.next_cursor is not None
        times = Counter(machine.name for machine in found.items)
        self.attachable = [
            # The name alone wouldn't distinguish machines with the same name.
            Option(
                value=str(machine.id),
                text=machine.name
                if times[machine.name] == 1
                else f"{machine.name} ({str(machine.id)[:SHORT_ID]}…)",
            )
            for machine in sorted(found.items, key=lambda each: each.name.lower())
        ]


def attached_machine_of(view: AttachmentView) -> AttachedMachine:
    """Return a machine's row, with the consequences of detaching it."""
    secrets = "secret" if view.grants == 1 else "secrets"
    return AttachedMachine(
        id=str(view.machine_id),
        href=f"/machines/{view.machine_id}",
        choose=f"/machines/{view.machine_id}?project={view.project_id}",
        name=view.machine_name,
        enabled=view.machine_enabled,
        seen=view.last_seen_at.isoformat() if view.last_seen_at is not None else "",
        granted=f"{view.grants:,}",
        secrets=f"{view.secrets:,}",
        attached=view.attached_at.isoformat(),
        consequences=[
            Consequence(
                number=f"{view.grants:,}", text=f"{secrets} in this project that it can read now"
            )
        ],
    )
