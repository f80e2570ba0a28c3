"""The machines of a project: who may read here, and how another one gets in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.badge import state
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.dialog import confirm, form_dialog
from strongroom_dashboard.components.empty import empty
from strongroom_dashboard.components.fields import select_field
from strongroom_dashboard.components.table import (
    Column,
    actions_cell,
    cell,
    foot,
    name_cell,
    row_of,
    table,
)
from strongroom_dashboard.components.time import time
from strongroom_dashboard.pages.project_head import project_screen
from strongroom_dashboard.states.project_machines import ProjectMachines

if TYPE_CHECKING:
    from strongroom_dashboard.states.project_machines import AttachedMachine

ATTACH = "attach-machine"


def page() -> rx.Component:
    """Return the machines attached to a project."""
    return project_screen(
        ProjectMachines,
        table(
            Column("Machine", width="30%"),
            Column("State", width="14%"),
            Column("May read", width="14%", numeric=True),
            Column("Last read of anything", width="18%"),
            Column("", width="24%"),
            rows=ProjectMachines.rows,
            row=_row,
            caption="Machines attached to this project",
            loading=~ProjectMachines.ready,
            collapses=True,
            empty=empty(
                "No machine is attached",
                "Attach one, then name the secrets it may read. Without that nobody reads anything"
                " here.",
                button("Attach a machine", icon="plus", tone="primary", opens=ATTACH),
                icon="server",
            ),
            foot=foot(
                ProjectMachines.rows.length(),
                of=ProjectMachines.head.machines,
                noun=rx.cond(ProjectMachines.head.machines == 1, "machine", "machines"),
                older=ProjectMachines.older,
                newer=ProjectMachines.first,
                older_text="Next",
                newer_text="First",
            ),
        ),
        _attach(),
        rx.foreach(ProjectMachines.rows, _detach),
        tab="machines",
        actions=(button("Attach machine", icon="plus", tone="primary", opens=ATTACH),),
    )


def _row(machine: AttachedMachine) -> rx.Component:
    return row_of(
        name_cell(machine.name, machine.href),
        cell(rx.cond(machine.enabled, state("Enabled", "ok"), state("Disabled", "off"))),
        cell(
            machine.granted,
            " of ",
            machine.secrets,
            rx.el.span(" secrets", class_name="unit"),
            numeric=True,
        ),
        cell(time(machine.seen)),
        actions_cell(
            button("Choose secrets", size="sm", href=machine.choose),
            button(
                icon="unplug",
                label="Detach from this project",
                size="sm",
                tone="ghost",
                opens="detach-" + machine.id,
            ),
        ),
        key=machine.id,
    )


def _attach() -> rx.Component:
    return form_dialog(
        rx.cond(
            ProjectMachines.attachable.length() > 0,
            select_field("machineId", "Machine", ProjectMachines.attachable, required=True),
            rx.el.p(
                "There is no other approved machine. ",
                rx.el.a("Add a machine", href="/machines?new=machine"),
                " first.",
                class_name="muted",
            ),
        ),
        id=ATTACH,
        title="Attach a machine",
        sentence="Attaching grants nothing by itself. You choose the secrets next.",
        verb="Attach and choose secrets",
        action="/api/projects/" + ProjectMachines.head.id + "/machines/{machineId}",
        method="PUT",
        body="none",
        recorded_as="machine_attach",
        says="{machineName} is attached to {projectName}.|It may read nothing there yet.",
        then="/machines/{machineId}?project={projectId}",
    )


def _detach(machine: AttachedMachine) -> rx.Component:
    project = ProjectMachines.head
    return confirm(
        id="detach-" + machine.id,
        title="Detach " + machine.name + "?",
        sentence="Its next request for a secret of this project is refused. To undo it, attach the"
        " machine again and choose its secrets anew.",
        verb="Detach machine",
        keep="Keep it attached",
        action="/api/projects/" + project.id + "/machines/" + machine.id,
        method="DELETE",
        body="none",
        consequences=machine.consequences,
        recorded_as="machine_detach",
        says=machine.name + " is detached.",
    )
