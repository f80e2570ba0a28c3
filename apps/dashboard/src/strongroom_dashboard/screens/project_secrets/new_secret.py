"""The form that creates a secret: in a dialog, or on the page of a project without secrets."""

from __future__ import annotations

import reflex as rx

from strongroom_core.kernel.limits import NAME_LENGTH, NOTE_LENGTH, SECRET_NAME_LENGTH
from strongroom_dashboard.components.card import card
from strongroom_dashboard.components.dialog import form_dialog
from strongroom_dashboard.components.fields import (
    area_field,
    check_field,
    choose_button,
    hidden_choice,
    list_field,
    text_field,
    when,
)
from strongroom_dashboard.components.form import change, problems, submit
from strongroom_dashboard.components.note import note
from strongroom_dashboard.components.value_fields import name_field, pairs_field, value_field
from strongroom_dashboard.screens.project_secrets.state import ProjectSecrets

SAYS = "{name} created.|Grant it to a machine so it can be read."


def new_secret() -> rx.Component:
    """Return the dialog."""
    return form_dialog(
        *_fields(),
        id="new-secret",
        title="New secret",
        verb="Create secret",
        action=_action(),
        says=SAYS,
        then=_then(),
        beside=check_field("again", "Create another", local=True),
        wide=True,
    )


def first_secret() -> rx.Component:
    """Return the content for a project without secrets: a form for the first one, and an explanation."""
    return rx.el.div(
        card(
            change(
                *_fields(),
                problems(),
                rx.el.div(submit("Create secret", icon="plus"), class_name="row end"),
                action=_action(),
                says=SAYS,
                then=_then(),
                class_name="stack gap-4 card-body",
            ),
            title="Add your first secret",
            body=False,
        ),
        rx.el.div(
            note(
                rx.el.strong("A secret has a name and a value; you can change both. "),
                "Machines get the new value on their next read. You can roll back to an"
                " earlier version.",
                icon="key-round",
            ),
            note(
                rx.el.strong("No machine can read it yet. "),
                "Attach a machine to this project and grant it the secret. Until then, machines can't"
                " even see its name.",
                icon="server",
            ),
            note(
                rx.el.strong("Values can't be viewed here. "),
                "They are encrypted before they are stored. If you lose a value, replace it.",
                icon="eye-off",
            ),
            class_name="stack gap-3",
        ),
        class_name="columns",
    )


def _action() -> rx.Var[str]:
    return "/api/projects/" + ProjectSecrets.head.id + "/secrets"  # pyright: ignore[reportReturnType] -- a Var


def _then() -> rx.Var[str]:
    return ProjectSecrets.head.href + "?secret={id}"  # pyright: ignore[reportReturnType] -- a Var


def _fields() -> tuple[rx.Component, ...]:
    return (
        name_field(secrets=_action(), first=True, longest=SECRET_NAME_LENGTH),
        hidden_choice("kind", "single", "structured"),
        when(
            "kind",
            "single",
            value_field(tools=choose_button("kind", "structured", "Several fields")),
        ),
        when(
            "kind",
            "structured",
            pairs_field(
                "fields",
                "Fields",
                blank="generate",
                help="Field names stay visible; values don't. Values left blank are generated on"
                " the server, and no one sees them.",
                tools=choose_button("kind", "single", "One value"),
            ),
        ),
        labels(),
    )


def labels() -> rx.Component:
    """Return the optional fields: note, tags and, in standalone projects, the environment."""
    return rx.el.details(
        rx.el.summary("Add a note or tags"),
        rx.el.div(
            area_field(
                "note",
                "Note",
                longest=NOTE_LENGTH,
                help="For example, who owns it and how to renew it. Don't put the value here.",
            ),
            list_field("tags", "Tags"),
            rx.cond(ProjectSecrets.standalone, environment_field()),
            class_name="stack gap-4",
        ),
        class_name="more-fields",
    )


def environment_field(value: rx.Var[str] | None = None) -> rx.Component:
    """Return the environment field, which only secrets of standalone projects have."""
    return text_field(
        "environment",
        "Environment",
        value=value,
        longest=NAME_LENGTH,
        placeholder="production",
        empty="null",
        help="Label only. Doesn't affect access.",
    )
