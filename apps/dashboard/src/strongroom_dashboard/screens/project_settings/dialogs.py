"""The dialogs in a project's settings: freeze, delete, and move into or out of an application."""

from __future__ import annotations

import reflex as rx

from strongroom_core.kernel.limits import NAME_LENGTH, REASON_LENGTH
from strongroom_dashboard.components.dialog import confirm, form_dialog
from strongroom_dashboard.components.fields import (
    area_field,
    hidden_field,
    select_field,
    text_field,
)
from strongroom_dashboard.screens.project_settings.state import ProjectSettings

FREEZE, DELETE, MOVE_IN, MOVE_OUT = "new-freeze", "delete-project", "move-in", "move-out"


def freeze_dialog() -> rx.Component:
    """Return the confirmation for freezing the project, with the consequences in numbers."""
    head = ProjectSettings.head
    return confirm(
        id=FREEZE,
        title=rx.fragment("Freeze ", head.full_name, "?"),
        sentence="Takes effect immediately. Unfreezing needs a reason, and your password if you haven't"
        " entered it recently.",
        verb="Freeze project",
        action="/api/projects/" + head.id + "/freeze",
        consequences=ProjectSettings.freezing,
        fields=(
            area_field(
                "reason",
                "Reason",
                rows=2,
                first=True,
                required=True,
                longest=REASON_LENGTH,
                placeholder="Why are you freezing it?",
                help="Shown in the audit log and on every page of this project.",
                messages={"missing": "Enter a reason."},
            ),
        ),
        says=head.full_name + " frozen.|Reads of its secrets are blocked until you unfreeze it.",
        then=head.href + "/frozen",
    )


def delete_dialog() -> rx.Component:
    """Return the confirmation for deleting the project."""
    head = ProjectSettings.head
    return confirm(
        id=DELETE,
        title=rx.fragment("Delete ", head.full_name, "?"),
        sentence="Takes effect immediately. You can restore it for 30 days, with its machines and their"
        " access. Then it's permanently deleted.",
        verb="Delete project",
        action="/api/projects/" + head.id + "?confirmName={confirmName}",
        method="DELETE",
        consequences=ProjectSettings.deleting,
        type_name=head.name,
        sends_name="confirmName",
        if_match=head.revision,
        says=head.full_name + " moved to the trash.",
        then="/projects",
        undo="/api/projects/" + head.id + "/restore",
    )


def move_in_dialog() -> rx.Component:
    """Return the dialog that moves the project into an application."""
    head = ProjectSettings.head
    return form_dialog(
        select_field(
            "applicationId",
            "Application",
            ProjectSettings.applications,
            required=True,
            blank="Choose one",
            messages={"missing": "Choose an application."},
        ),
        text_field(
            "environment",
            "Environment",
            value=head.environment,
            required=True,
            longest=NAME_LENGTH,
            help="Choose an environment that the application doesn't have yet.",
            messages={"missing": "Enter an environment."},
        ),
        rx.cond(
            ProjectSettings.labelled != "",
            rx.el.p(ProjectSettings.labelled, class_name="muted"),
        ),
        id=MOVE_IN,
        title=rx.fragment("Move ", head.name, " into an application"),
        sentence="Its ID, key, machines and secrets stay the same.",
        verb="Move project",
        action="/api/projects/" + head.id + "/move",
        if_match=head.revision,
        says=head.name + " moved.",
    )


def move_out_dialog() -> rx.Component:
    """Return the confirmation for moving the project out of its application."""
    head = ProjectSettings.head
    return confirm(
        id=MOVE_OUT,
        title=rx.fragment("Move ", head.name, " out of ", head.application_name, "?"),
        sentence="It becomes standalone and keeps its environment as a label. You can move it back.",
        verb="Move project",
        action="/api/projects/" + head.id + "/move",
        consequences=ProjectSettings.moving_out,
        danger=False,
        fields=(
            hidden_field("applicationId", "", as_="null"),
            hidden_field("environment", head.environment),
        ),
        if_match=head.revision,
        says=head.name + " moved out of the application.",
    )
