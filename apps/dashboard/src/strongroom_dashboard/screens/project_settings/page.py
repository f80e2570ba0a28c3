"""A project's settings: name, environment, freeze, delete."""

from __future__ import annotations

import reflex as rx

from strongroom_core.kernel.limits import DESCRIPTION_LENGTH, NAME_LENGTH
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card, two_columns
from strongroom_dashboard.components.code import mono
from strongroom_dashboard.components.dialog import consequence_list
from strongroom_dashboard.components.fields import area_field, hidden_field, text_field
from strongroom_dashboard.components.form import change, problems
from strongroom_dashboard.components.time import time
from strongroom_dashboard.screens.frame import (
    auto_open_dialog,
    guarded_button,
    remount_on,
    when_loaded,
)
from strongroom_dashboard.screens.project_frame import is_frozen, project_screen
from strongroom_dashboard.screens.project_settings.dialogs import (
    DELETE,
    FREEZE,
    MOVE_IN,
    MOVE_OUT,
    delete_dialog,
    freeze_dialog,
    move_in_dialog,
    move_out_dialog,
)
from strongroom_dashboard.screens.project_settings.state import ProjectSettings


def page() -> rx.Component:
    """Return the settings of a project."""
    head = ProjectSettings.head
    return project_screen(
        ProjectSettings,
        when_loaded(
            ProjectSettings,
            two_columns(
                rx.fragment(
                    remount_on(_names(), head.id, head.name, head.description),
                    remount_on(_place(), head.id, head.application_id, head.environment),
                ),
                rx.fragment(_freezing(), _deleting()),
            ),
        ),
        freeze_dialog(),
        auto_open_dialog(ProjectSettings.asked),
        delete_dialog(),
        remount_on(move_in_dialog(), head.id, head.environment),
        remount_on(move_out_dialog(), head.id, head.environment),
        tab="settings",
    )


def _names() -> rx.Component:
    head = ProjectSettings.head
    return card(
        change(
            text_field(
                "name",
                "Name",
                value=head.name,
                required=True,
                longest=NAME_LENGTH,
                help=rx.fragment("Programs use it in paths: ", mono(head.full_name + "/NAME")),
            ),
            area_field(
                "description",
                "Description",
                value=head.description,
                rows=2,
                longest=DESCRIPTION_LENGTH,
                empty="null",
                help="One sentence, shown below the name.",
            ),
            problems(),
            rx.el.div(
                guarded_button(
                    "Save project", ProjectSettings.why_not_change, tone="primary", submit=True
                ),
                rx.el.span("Created ", time(ProjectSettings.created), class_name="meta end"),
                class_name="row",
            ),
            action="/api/projects/" + head.id,
            method="PATCH",
            sends="changed",
            if_match=head.revision,
            says="{name} saved.",
            class_name="stack gap-4",
        ),
        title="Name and description",
    )


def _place() -> rx.Component:
    head, alone = ProjectSettings.head, ProjectSettings.head.application_id == ""
    return card(
        change(
            rx.cond(
                alone,
                hidden_field("applicationId", "", as_="null"),
                hidden_field("applicationId", head.application_id),
            ),
            text_field(
                "environment",
                "Environment label",
                value=head.environment,
                longest=NAME_LENGTH,
                empty="null",
                help=rx.cond(
                    alone,
                    "Optional label.",
                    "For access roles and filters only. Commands and programs use the name above. Must be"
                    " unique in the application.",
                ),
            ),
            problems(),
            rx.el.div(
                guarded_button("Save label", ProjectSettings.why_not_change, submit=True),
                rx.el.span(
                    rx.cond(
                        alone,
                        guarded_button(
                            "Move into an application",
                            ProjectSettings.why_not_change,
                            icon="folder-input",
                            opens=MOVE_IN,
                        ),
                        guarded_button(
                            "Move out of the application",
                            ProjectSettings.why_not_change,
                            icon="folder-output",
                            opens=MOVE_OUT,
                        ),
                    ),
                    class_name="end",
                ),
                class_name="row wrap",
            ),
            action="/api/projects/" + head.id + "/move",
            if_match=head.revision,
            says="Environment saved.",
            class_name="stack gap-4",
        ),
        title="Application and environment",
        aside=rx.cond(
            alone,
            rx.el.span("Standalone", class_name="meta"),
            rx.el.span(
                "In ",
                rx.el.a(head.application_name, href="/applications/" + head.application_id),
                class_name="meta",
            ),
        ),
    )


def _freezing() -> rx.Component:
    head = ProjectSettings.head
    return card(
        rx.cond(
            is_frozen(head),
            rx.el.div(
                rx.el.p(
                    "Frozen since ",
                    time(head.frozen_since),
                    ". To unfreeze it, go to recovery.",
                    class_name="muted",
                ),
                rx.el.div(button("Go to recovery", href=head.href + "/frozen"), class_name="row"),
                class_name="stack gap-3",
            ),
            rx.el.div(
                rx.el.p(
                    "Blocks all reads immediately, until someone unfreezes the project. Nothing is"
                    " deleted, and you can still update values.",
                    class_name="muted",
                ),
                consequence_list(ProjectSettings.freezing, calm=True),
                rx.el.div(
                    guarded_button(
                        "Freeze project",
                        ProjectSettings.why_not_freeze,
                        icon="snowflake",
                        tone="danger",
                        opens=FREEZE,
                    ),
                    class_name="row",
                ),
                class_name="stack gap-3",
            ),
        ),
        title="Freeze",
    )


def _deleting() -> rx.Component:
    return card(
        rx.el.div(
            rx.el.p(
                "Moves the project and its contents to the trash. You can restore it for 30 days.",
                class_name="muted",
            ),
            rx.el.div(
                guarded_button(
                    "Delete project",
                    ProjectSettings.why_not_delete,
                    icon="trash-2",
                    tone="danger-quiet",
                    opens=DELETE,
                ),
                class_name="row",
            ),
            class_name="stack gap-3",
        ),
        title="Delete this project",
    )
