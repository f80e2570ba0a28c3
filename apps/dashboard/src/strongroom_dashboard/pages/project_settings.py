"""A project's settings: names, place, freeze, end."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card, two_columns
from strongroom_dashboard.components.dialog import consequence_list
from strongroom_dashboard.components.fields import area_field, hidden_field, text_field
from strongroom_dashboard.components.form import change, problems, submit
from strongroom_dashboard.components.time import time
from strongroom_dashboard.pages.allowed import allowed_button
from strongroom_dashboard.pages.anew import anew
from strongroom_dashboard.pages.loaded import loaded
from strongroom_dashboard.pages.project_dialogs import (
    DELETE,
    FREEZE,
    MOVE_IN,
    MOVE_OUT,
    delete_dialog,
    freeze_dialog,
    move_in_dialog,
    move_out_dialog,
)
from strongroom_dashboard.pages.project_head import is_frozen, project_screen
from strongroom_dashboard.pages.projects import DESCRIPTION_LENGTH, NAME_LENGTH
from strongroom_dashboard.states.project_settings import ProjectSettings


def page() -> rx.Component:
    """Return the settings of a project."""
    head = ProjectSettings.head
    return project_screen(
        ProjectSettings,
        loaded(
            ProjectSettings,
            two_columns(
                rx.fragment(
                    anew(_names(), head.id, head.name, head.description),
                    anew(_place(), head.id, head.application_id, head.environment),
                ),
                rx.fragment(_freezing(), _deleting()),
            ),
        ),
        freeze_dialog(),
        delete_dialog(),
        anew(move_in_dialog(), head.id, head.environment),
        anew(move_out_dialog(), head.id, head.environment),
        tab="settings",
    )


def _names() -> rx.Component:
    head = ProjectSettings.head
    return card(
        change(
            text_field("name", "Name", value=head.name, required=True, longest=NAME_LENGTH),
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
                submit("Save project"),
                rx.el.span("Made ", time(ProjectSettings.created), class_name="meta end"),
                class_name="row",
            ),
            action="/api/projects/" + head.id,
            method="PATCH",
            sends="changed",
            if_match=head.revision,
            says="{name} was saved.",
            class_name="stack gap-4",
        ),
        title="Name",
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
                "Environment",
                value=head.environment,
                longest=NAME_LENGTH,
                empty="null",
                help=rx.cond(
                    alone,
                    "A label, for finding it. Leave it empty for none.",
                    "Each environment of an application is there once.",
                ),
            ),
            problems(),
            rx.el.div(
                submit("Save environment", tone="plain"),
                rx.el.span(
                    rx.cond(
                        alone,
                        allowed_button(
                            "Move into an application",
                            ProjectSettings.why_not_change,
                            icon="folder-input",
                            opens=MOVE_IN,
                        ),
                        allowed_button(
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
            says="The environment was saved.",
            class_name="stack gap-4",
        ),
        title="Place",
        aside=rx.cond(
            alone,
            rx.el.span("Stands alone", class_name="meta"),
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
                    ". The way back is on the recovery page.",
                    class_name="muted",
                ),
                rx.el.div(button("Go to recovery", href=head.href + "/frozen"), class_name="row"),
                class_name="stack gap-3",
            ),
            rx.el.div(
                rx.el.p(
                    "Refuses every read of every value, from the next one on, until somebody lifts"
                    " it. Nothing is lost, and people can go on replacing values.",
                    class_name="muted",
                ),
                consequence_list(ProjectSettings.freezing, calm=True),
                rx.el.div(
                    allowed_button(
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
                "Moves it with everything in it to the trash, where it can be had back for 30 days.",
                class_name="muted",
            ),
            rx.el.div(
                allowed_button(
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
