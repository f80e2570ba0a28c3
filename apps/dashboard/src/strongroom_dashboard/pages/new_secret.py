"""Making a secret: in a dialog, or on the page of a project that has none yet."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.card import card
from strongroom_dashboard.components.dialog import form_dialog
from strongroom_dashboard.components.fields import (
    Choice,
    area_field,
    choice_field,
    list_field,
    secret_field,
    text_field,
    when,
)
from strongroom_dashboard.components.form import change, problems, submit
from strongroom_dashboard.components.note import note
from strongroom_dashboard.components.value_fields import generate_fields, pairs_field
from strongroom_dashboard.states.project_secrets import ProjectSecrets

NAME_LENGTH = 255
NOTE_LENGTH = 10_000
ENVIRONMENT_LENGTH = 100
SAYS = "{name} was created.|No machine can read it before it is granted."


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
        recorded_as="secret_create",
        wide=True,
    )


def first_secret() -> rx.Component:
    """Return what stands in a project without secrets: what a secret is, and the form of the first."""
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
            title="The first secret of this project",
            body=False,
        ),
        rx.el.div(
            note(
                rx.el.strong("A secret is a name that stays and a value that changes. "),
                "Machines ask for the name; you replace the value, and they get the new one with"
                " their next read. Every version is kept for you to go back to.",
                icon="key-round",
            ),
            note(
                rx.el.strong("Nobody can read it yet. "),
                "Attach a machine to this project and grant it the secret. Until then not even its"
                " name is known to any.",
                icon="server",
            ),
            note(
                rx.el.strong("No value comes back here. "),
                "It is encrypted before it is stored and never part of this page. Lost your copy?"
                " Replace it.",
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
        text_field(
            "name",
            "Name",
            mono=True,
            placeholder="STRIPE_SECRET_KEY",
            required=True,
            longest=NAME_LENGTH,
            help="What programs will know it by. Unique in this project.",
            messages={"missing": "Give it a name, such as STRIPE_SECRET_KEY."},
        ),
        choice_field(
            "kind",
            "Kind",
            options=(
                Choice("single", "Single", "One value: a key, a token, a certificate."),
                Choice(
                    "structured",
                    "Structured",
                    "Fields that belong together, such as user and password.",
                ),
            ),
            value="single",
        ),
        when(
            "kind",
            "single",
            choice_field(
                "source",
                "Value",
                options=(
                    Choice("given", "Type or paste it", "Up to 64 KiB, any text."),
                    Choice("generated", "Generate it", "At random. You will not see it either."),
                ),
                value="given",
                local=True,
            ),
            when("source", "given", secret_field("value", "Value", required=True)),
            when("source", "generated", generate_fields("generate")),
        ),
        when(
            "kind",
            "structured",
            pairs_field(
                "fields",
                "Fields",
                blank="generate",
                help="Names can be seen here later, values cannot. A blank value is generated.",
            ),
        ),
        labels(),
    )


def labels() -> rx.Component:
    """Return the fields that can wait: note, tags, and where there are several, the environment."""
    return rx.el.details(
        rx.el.summary("Add a note or tags"),
        rx.el.div(
            area_field(
                "note",
                "Note",
                longest=NOTE_LENGTH,
                help="For people: whose it is, how to renew it. Never a value.",
            ),
            list_field("tags", "Tags"),
            rx.cond(ProjectSecrets.standalone, environment_field()),
            class_name="stack gap-4",
        ),
        class_name="more-fields",
    )


def environment_field(value: rx.Var[str] | None = None) -> rx.Component:
    """Return the field of a label that only projects without an application have."""
    return text_field(
        "environment",
        "Environment",
        value=value,
        longest=ENVIRONMENT_LENGTH,
        placeholder="production",
        empty="null",
        help="A label to tell this project's secrets apart. It gives no rights.",
    )
