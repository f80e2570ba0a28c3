"""A project's machines, and the dialog for attaching others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.badge import state
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.dialog import confirm, form_dialog
from strongroom_dashboard.components.filter import search_box
from strongroom_dashboard.components.note import empty
from strongroom_dashboard.components.selection import pick_list
from strongroom_dashboard.components.table import (
    Column,
    actions_cell,
    cell,
    name_cell,
    row_of,
    table,
    unit,
)
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.frame import guarded_button
from strongroom_dashboard.screens.list_parts import foot_of, sortable
from strongroom_dashboard.screens.project_frame import project_screen
from strongroom_dashboard.screens.project_machines.state import ProjectMachines

if TYPE_CHECKING:
    from strongroom_dashboard.screens.project_machines.state import AttachedMachine

ATTACH = "attach-machine"


def page() -> rx.Component:
    """Return the machines attached to a project."""
    return project_screen(
        ProjectMachines,
        table(
            sortable(ProjectMachines.around, "machineName", "Machine", width="30%"),
            sortable(ProjectMachines.around, "machineEnabled", "State", width="14%"),
            sortable(ProjectMachines.around, "grants", "Secrets", width="14%", numeric=True),
            sortable(ProjectMachines.around, "lastSeenAt", "Last read", width="18%"),
            Column("", width="24%"),
            rows=ProjectMachines.rows,
            row=_row,
            caption="Machines attached to this project",
            loading=~ProjectMachines.ready,
            collapses=True,
            empty=empty(
                "No machines attached",
                "Attach machines, then choose which secrets they can read.",
                _attach_button(),
                icon="server",
            ),
            foot=foot_of(ProjectMachines.around),
        ),
        _attach(),
        rx.foreach(ProjectMachines.rows, _detach),
        tab="machines",
        actions=(_attach_button(),),
    )


def _attach_button() -> rx.Component:
    return guarded_button(
        "Attach machines",
        ProjectMachines.why_not_attach,
        icon="plus",
        tone="primary",
        opens=ATTACH,
    )


def _row(machine: AttachedMachine) -> rx.Component:
    return row_of(
        rx.cond(
            ProjectMachines.sees_machines,
            name_cell(machine.name, machine.href),
            cell(mono(machine.name)),
        ),
        cell(rx.cond(machine.enabled, state("Enabled", "ok"), state("Disabled", "off"))),
        cell(
            machine.granted,
            " of ",
            machine.secrets,
            rx.el.span(" secrets", class_name="unit"),
            numeric=True,
        ),
        cell(unit("last read: "), time(machine.seen)),
        actions_cell(
            rx.cond(
                ProjectMachines.sees_machines,
                button("Choose secrets", size="sm", href=machine.choose),
            ),
            guarded_button(
                "Detach",
                ProjectMachines.why_not_detach,
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
            ProjectMachines.more | (ProjectMachines.sought != ""),
            search_box(
                "Name, hostname or address",
                name="machine",
                value=ProjectMachines.sought,
                label="Search machines by any part of their name, hostname or address",
                key="",
            ),
        ),
        rx.cond(
            ProjectMachines.attachable.length() > 0,
            pick_list(ProjectMachines.attachable, lambda each: (each.value, each.text)),
            rx.cond(
                ProjectMachines.sought != "",
                rx.el.p("No matching machines.", class_name="muted"),
                rx.el.p(
                    "No other approved machines. ",
                    rx.el.a("Add a machine", href="/machines?new=machine"),
                    " first.",
                    class_name="muted",
                ),
            ),
        ),
        id=ATTACH,
        title="Attach machines",
        sentence="Attaching doesn't grant access to any secrets. "
        "Once they're attached, choose their secrets in the list.",
        verb="Attach",
        each="machine|machines",
        action="/api/projects/" + ProjectMachines.head.id + "/machines/{pick}",
        method="PUT",
        body="none",
        says="{counted} attached.|They can't read any secrets yet.",
    )


def _detach(machine: AttachedMachine) -> rx.Component:
    project = ProjectMachines.head
    return confirm(
        id="detach-" + machine.id,
        title="Detach " + machine.name + "?",
        sentence="Takes effect on its next request. To undo this, attach it and grant its secrets again.",
        verb="Detach machine",
        action="/api/projects/" + project.id + "/machines/" + machine.id,
        method="DELETE",
        body="none",
        consequences=machine.consequences,
        says=machine.name + " detached.",
    )
