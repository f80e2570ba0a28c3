"""What a project's settings ask before they act: freeze, delete, move in, move out."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.dialog import confirm, form_dialog
from strongroom_dashboard.components.fields import (
    area_field,
    hidden_field,
    select_field,
    text_field,
)
from strongroom_dashboard.pages.projects import NAME_LENGTH
from strongroom_dashboard.states.project_settings import ProjectSettings

FREEZE, DELETE, MOVE_IN, MOVE_OUT = "freeze", "delete-project", "move-in", "move-out"
REASON_LENGTH = 500


def freeze_dialog() -> rx.Component:
    """Return the question before a freeze, with what it stops in numbers."""
    head = ProjectSettings.head
    return confirm(
        id=FREEZE,
        title=rx.fragment("Freeze ", head.full_name, "?"),
        sentence="It takes effect before this page answers: no read commits after it. Lifting it needs"
        " a reason and your password.",
        verb="Freeze project",
        keep="Keep it running",
        action="/api/projects/" + head.id + "/freeze",
        consequences=ProjectSettings.freezing,
        fields=(
            area_field(
                "reason",
                "Reason",
                rows=2,
                required=True,
                longest=REASON_LENGTH,
                placeholder="What was seen, in a sentence",
                help="It stands on the record and on every page of this project.",
                messages={"missing": "Say why, in a few words: it goes on the record."},
            ),
        ),
        says=head.full_name + " is frozen.|No value of it is read until the freeze is lifted.",
        then=head.href + "/frozen",
        recorded_as="project_freeze",
    )


def delete_dialog() -> rx.Component:
    """Return the question before a project goes to the trash."""
    head = ProjectSettings.head
    return confirm(
        id=DELETE,
        title=rx.fragment("Delete ", head.full_name, "?"),
        sentence="It takes effect at once. For 30 days it can be restored as it is, with its machines"
        " and what they may read; after that nothing of it is left.",
        verb="Delete project",
        action="/api/projects/" + head.id + "/delete",
        consequences=ProjectSettings.deleting,
        type_name=head.name,
        sends_name="confirmName",
        if_match=head.revision,
        says=head.full_name + " was moved to the trash.",
        then="/projects",
        undo="/api/projects/" + head.id + "/restore",
        recorded_as="project_delete",
    )


def move_in_dialog() -> rx.Component:
    """Return the choice of an application and the environment there."""
    head = ProjectSettings.head
    return form_dialog(
        select_field(
            "applicationId",
            "Application",
            ProjectSettings.applications,
            required=True,
            blank="Choose one",
            messages={"missing": "Choose the application it becomes a part of."},
        ),
        text_field(
            "environment",
            "Environment",
            value=head.environment,
            required=True,
            longest=NAME_LENGTH,
            help="One that the application does not have yet.",
            messages={"missing": "Name the environment it is there."},
        ),
        rx.cond(
            ProjectSettings.labelled != "",
            rx.el.p(ProjectSettings.labelled, class_name="muted"),
        ),
        id=MOVE_IN,
        title=rx.fragment("Move ", head.name, " into an application"),
        sentence="Its id, its key, its machines and its secrets stay as they are.",
        verb="Move project",
        action="/api/projects/" + head.id + "/move",
        if_match=head.revision,
        says=head.name + " was moved.",
        recorded_as="project_move",
    )


def move_out_dialog() -> rx.Component:
    """Return the question before a project leaves its application."""
    head = ProjectSettings.head
    return confirm(
        id=MOVE_OUT,
        title=rx.fragment("Move ", head.name, " out of ", head.application_name, "?"),
        sentence="It stands alone then, and keeps its environment as a label. It can be moved back.",
        verb="Move project",
        keep="Keep it there",
        action="/api/projects/" + head.id + "/move",
        consequences=ProjectSettings.moving_out,
        danger=False,
        fields=(
            hidden_field("applicationId", "", as_="null"),
            hidden_field("environment", head.environment),
        ),
        if_match=head.revision,
        says=head.name + " stands alone now.",
        recorded_as="project_move",
    )
