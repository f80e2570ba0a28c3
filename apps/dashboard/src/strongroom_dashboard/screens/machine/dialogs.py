"""The dialogs of a machine: rename, disable, revoke, attach to a project, detach (M-8, M-9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.dialog import confirm, form_dialog
from strongroom_dashboard.components.fields import select_field, text_field
from strongroom_dashboard.screens.machine.state import MachinePage

if TYPE_CHECKING:
    from strongroom_dashboard.screens.machine.state import AttachedProject

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
    """Return the machine's path in the API."""
    return "/api/machines/" + MachinePage.machine.id


def _rename() -> rx.Component:
    return form_dialog(
        text_field(
            "name",
            "Name",
            value=MachinePage.machine.name,
            required=True,
            longest=NAME_LENGTH,
            mono=True,
            help="The old name stays in the machine's history. Its access doesn't change.",
        ),
        id=RENAME,
        title=rx.fragment("Rename ", mono(MachinePage.machine.name)),
        verb="Rename machine",
        action=path_of_machine(),
        method="PATCH",
        sends="changed",
        if_match=MachinePage.machine.revision,
        says="Renamed to {name}.",
    )


def _disable() -> rx.Component:
    return confirm(
        id=DISABLE,
        title="Disable " + MachinePage.machine.name + "?",
        sentence="Takes effect on its next request. Its access is kept for when you enable it again.",
        verb="Disable machine",
        action=path_of_machine() + "/disable",
        body="none",
        consequences=MachinePage.if_disabled,
        danger=False,
        says="{name} disabled.|Takes effect on its next request.",
        undo=path_of_machine() + "/enable",
    )


def _revoke() -> rx.Component:
    return confirm(
        id=REVOKE,
        title="Revoke " + MachinePage.machine.name + "?",
        sentence="Takes effect on its next request and can't be undone: its key is permanently revoked."
        " To reconnect, register it again.",
        verb="Revoke machine",
        keep="Keep it",
        action=path_of_machine() + "/revoke",
        consequences=MachinePage.if_revoked,
        type_name=MachinePage.machine.name,
        says=MachinePage.machine.name + " revoked.|Its key no longer works.",
        then="/machines",
    )


def _attach() -> rx.Component:
    return form_dialog(
        rx.cond(
            MachinePage.attachable.length() > 0,
            select_field(
                "projectId",
                "Project",
                groups=MachinePage.attachable,
                blank="Choose a project",
                required=True,
                messages={"missing": "Choose a project."},
            ),
            rx.el.p("Already attached to every project you can see.", class_name="muted"),
        ),
        id=ATTACH,
        title="Attach to a project",
        sentence="Attaching doesn't grant access to any secrets. You'll choose them next.",
        verb="Attach and choose secrets",
        action="/api/projects/{projectId}/machines/" + MachinePage.machine.id,
        method="PUT",
        body="none",
        says="{machineName} attached to {projectId.text}.|It can't read any secrets yet.",
        then="/machines/" + MachinePage.machine.id + "?project={projectId}",
    )


def _detach(project: AttachedProject) -> rx.Component:
    return confirm(
        id="detach-" + project.id,
        title="Detach from " + project.name + "?",
        sentence="Takes effect on its next request. To undo this, attach it and grant its secrets again.",
        verb="Detach machine",
        action="/api/projects/" + project.id + "/machines/" + MachinePage.machine.id,
        method="DELETE",
        body="none",
        consequences=project.consequences,
        says=MachinePage.machine.name + " detached from " + project.name + ".",
    )
