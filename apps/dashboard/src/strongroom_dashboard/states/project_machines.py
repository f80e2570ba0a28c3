"""The machines attached to a project, and what each may read there (M-9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import reflex as rx

from strongroom_core.grants.attachments import list_attachments
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.page import MAX_LIMIT, PageRequest
from strongroom_core.machines.listing import list_machines
from strongroom_dashboard.components.dialog import Consequence
from strongroom_dashboard.components.fields import Option
from strongroom_dashboard.states.project_head import ProjectHead

if TYPE_CHECKING:
    from strongroom_core.grants.views import AttachmentView
    from strongroom_core.kernel.ids import ProjectId
    from strongroom_dashboard.door import Call

ROWS = 50


@dataclass(frozen=True)
class AttachedMachine:
    """A machine attached to this project. `seen` is its last read of anything."""

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
    older: str = ""
    first: str = ""

    async def _fill(self, call: Call) -> None:
        self.rows, self.attachable, self.older, self.first = [], [], "", ""
        project = await self._fill_head(call)
        after = self._asked("after")
        page = PageRequest.parse(limit=ROWS, cursor=after or None, keys=2)
        found = await list_attachments(call.core, call.caller, project.id, page)
        self.rows = [attached_machine_of(each) for each in found.items]
        here = f"/projects/{project.id}/machines"
        self.older = (
            f"{here}?{urlencode({'after': found.next_cursor})}" if found.next_cursor else ""
        )
        self.first = here if after else ""
        await self._show_attachable(call, project.id, attached=project.machines)

    async def _show_attachable(self, call: Call, project: ProjectId, *, attached: int) -> None:
        if VaultCapability.MACHINES_VIEW not in call.caller.authority.vault:
            return
        known = {row.id for row in self.rows}
        if attached > len(known):
            page = PageRequest(limit=MAX_LIMIT)
            others = await list_attachments(call.core, call.caller, project, page)
            known |= {str(each.machine_id) for each in others.items}
        page = PageRequest(limit=MAX_LIMIT)
        found = await list_machines(call.core, call.caller, page, pending=False)
        self.attachable = [
            Option(value=str(machine.id), text=machine.name)
            for machine in sorted(found.items, key=lambda each: each.name.lower())
            if str(machine.id) not in known
        ]


def attached_machine_of(view: AttachmentView) -> AttachedMachine:
    """Return a machine's line on the page of a project, and what detaching would end."""
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
                number=f"{view.grants:,}", text=f"{secrets} of this project it can read now"
            )
        ],
    )
