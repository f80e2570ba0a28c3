"""What can be done to a machine: rename, switch, revoke, attach to a project and detach (M-8, M-9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.dialog import confirm, form_dialog
from strongroom_dashboard.components.fields import select_field, text_field
from strongroom_dashboard.states.machine import MachinePage

if TYPE_CHECKING:
    from strongroom_dashboard.states.machine import AttachedProject

RENAME, DISABLE, REVOKE, ATTACH = (
    "rename-machine",
    "disable-machine",
    "revoke-machine",
    "attach-project",
)


def machine_dialogs() -> rx.Component:
    """Return the dialogs of an approved machine."""
    return rx.fragment(
        _rename(),
        _disable(),
        _revoke(),
        _attach(),
        rx.foreach(MachinePage.projects, _detach),
    )


def path_of_machine() -> rx.Var[str]:
    """Return the machine's address in the API."""
    return "/api/machines/" + MachinePage.machine.id


def _rename() -> rx.Component:
    return form_dialog(
        text_field(
            "name",
            "Name",
            value=MachinePage.machine.name,
            required=True,
            longest=100,
            mono=True,
            help="The old name stays in its history. What it may read does not change.",
        ),
        id=RENAME,
        title=rx.fragment("Rename ", mono(MachinePage.machine.name)),
        verb="Rename machine",
        action=path_of_machine(),
        method="PATCH",
        sends="changed",
        if_match=MachinePage.machine.revision,
        recorded_as="machine_rename",
        says="It is called {name} now.",
    )


def _disable() -> rx.Component:
    return confirm(
        id=DISABLE,
        title="Disable " + MachinePage.machine.name + "?",
        sentence="Its next request is refused. What it was granted stays, for when it is enabled again.",
        verb="Disable machine",
        keep="Leave it enabled",
        action=path_of_machine() + "/disable",
        body="none",
        consequences=MachinePage.if_disabled,
        danger=False,
        recorded_as="machine_disable",
        says="{name} is disabled.|Its next request is refused.",
        undo=path_of_machine() + "/enable",
    )


def _revoke() -> rx.Component:
    return confirm(
        id=REVOKE,
        title="Revoke " + MachinePage.machine.name + "?",
        sentence="Its next request is refused. This cannot be undone: its key is refused for good, and"
        " the machine would have to join again with a new one.",
        verb="Revoke machine",
        action=path_of_machine(),
        method="DELETE",
        consequences=MachinePage.if_revoked,
        type_name=MachinePage.machine.name,
        recorded_as="machine_revoke",
        says=MachinePage.machine.name + " was revoked.|Its key is refused for good.",
        then="/machines",
    )


def _attach() -> rx.Component:
    return form_dialog(
        rx.cond(
            MachinePage.attachable.length() > 0,
            select_field("projectId", "Project", MachinePage.attachable, required=True),
            rx.el.p("It is attached to every project you reach.", class_name="muted"),
        ),
        id=ATTACH,
        title="Attach to a project",
        sentence="Attaching grants nothing by itself. You choose the secrets next.",
        verb="Attach and choose secrets",
        action="/api/projects/{projectId}/machines/" + MachinePage.machine.id,
        method="PUT",
        body="none",
        recorded_as="machine_attach",
        says="{machineName} is attached to {projectName}.|It may read nothing there yet.",
        then="/machines/" + MachinePage.machine.id + "?project={projectId}",
    )


def _detach(project: AttachedProject) -> rx.Component:
    return confirm(
        id="detach-" + project.id,
        title="Detach it from " + project.name + "?",
        sentence="Its next request for a secret of this project is refused. To undo it, attach the"
        " machine again and choose its secrets anew.",
        verb="Detach machine",
        keep="Keep it attached",
        action="/api/projects/" + project.id + "/machines/" + MachinePage.machine.id,
        method="DELETE",
        body="none",
        consequences=project.consequences,
        recorded_as="machine_detach",
        says=MachinePage.machine.name + " is detached from " + project.name + ".",
    )
