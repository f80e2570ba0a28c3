"""Fields and dialogs."""

import reflex as rx

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.card import card
from strongroom_dashboard.components.code import copy_button, mono, result_block
from strongroom_dashboard.components.dialog import confirm, consequence_list, form_dialog
from strongroom_dashboard.components.fields import (
    Choice,
    area_field,
    choice_field,
    list_field,
    number_field,
    password_field,
    secret_field,
    select_field,
    text_field,
    tick_field,
    when,
)
from strongroom_dashboard.components.form import (
    change,
    expires,
    problems,
    submit,
    until_done,
    when_done,
)
from strongroom_dashboard.components.value_fields import generate_fields, pairs_field


def fields_sheet() -> rx.Component:
    """Return a form with a field of each kind."""
    return card(
        change(
            rx.el.div(
                text_field(
                    "name",
                    "Name",
                    mono=True,
                    value="GEO_API_KEY",
                    required=True,
                    longest=255,
                    pattern=r"\S+",
                    help="Up to 255 characters. Must be unique in this project.",
                    messages={"pattern": "Use _ instead of spaces."},
                ),
                number_field("keep", "Versions to keep", value=50, low=1, high=50, help="1 to 50"),
                select_field("environment", "Environment", (("p", "production"), ("s", "staging"))),
                list_field("tags", "Tags", value="payments, pci"),
                password_field("password", "Password"),
                area_field(
                    "note",
                    "Note",
                    rows=1,
                    placeholder="For example, who owns it and how to renew it",
                ),
                class_name="halves",
            ),
            tick_field(
                "grants", "a", "STRIPE_SECRET_KEY", sub="Single, read 4 s ago", checked=True
            ),
            problems(),
            rx.el.div(submit("Save changes"), class_name="row"),
            action="/api/nothing-here",
            says="{name} saved.",
            class_name="stack gap-4",
            id="gallery-form",
        )
    )


def confirm_sheet() -> rx.Component:
    """Return a confirmation as part of the page."""
    return rx.el.div(
        rx.el.div(rx.el.h2("Revoke waw-scanner-02?"), class_name="dialog-head"),
        rx.el.div(
            rx.el.p(
                "Takes effect on its next request and can't be undone: its key is permanently revoked.",
                class_name="muted",
            ),
            consequence_list(
                (
                    ("2", "secrets it can read now, both also read by waw-scanner-01"),
                    ("41", "reads in the last hour, the latest 8 seconds ago"),
                    ("1", "project it is attached to: warehouse-sync/production"),
                )
            ),
            text_field(
                "typed",
                rx.fragment("Type ", mono("waw-scanner-02", "strong"), " to confirm"),
                mono=True,
                value="waw-scanner-0",
            ),
            class_name="dialog-body",
        ),
        rx.el.div(
            rx.el.div(
                button("Keep it"),
                button("Revoke machine", tone="danger", opens="revoke"),
                class_name="acts",
            ),
            class_name="dialog-foot",
        ),
        class_name="dialog inline",
    )


def dialogs() -> rx.Component:
    """Return the dialogs that the buttons open."""
    return rx.fragment(
        form_dialog(
            text_field("name", "Name", mono=True, required=True, longest=255),
            choice_field(
                "how",
                "Kind",
                (
                    Choice("value", "A value", "A single value: a key, a token, a password."),
                    Choice("fields", "Fields", "Several named values, such as user and password."),
                    Choice("generate", "Generate it", "Random value. It won't be shown to anyone."),
                ),
                value="value",
                local=True,
            ),
            when("how", "value", secret_field()),
            when("how", "fields", pairs_field()),
            when("how", "generate", generate_fields()),
            list_field("tags", "Tags"),
            id="new-secret",
            title="New secret",
            verb="Create secret",
            action="/api/projects/none/secrets",
            says="{name} created.|Grant it to a machine so it can be read.",
            wide=True,
        ),
        confirm(
            id="revoke",
            title="Revoke waw-scanner-02?",
            sentence="Takes effect on its next request and can't be undone.",
            verb="Revoke machine",
            keep="Keep it",
            action="/api/machines/none/revoke",
            consequences=(("2", "secrets it can read now"), ("41", "reads in the last hour")),
            type_name="waw-scanner-02",
        ),
        form_dialog(
            until_done(rx.el.p("The command works once, within ten minutes.", class_name="muted")),
            when_done(
                rx.el.div(expires("expiresAt"), class_name="row"),
                result_block("command"),
                rx.el.div(
                    copy_button(
                        source='[data-result="command"]',
                        what="Copy command",
                        tone="primary",
                        size="md",
                    ),
                    class_name="row",
                ),
            ),
            id="once",
            title="Add a machine",
            verb="Create command",
            action="/api/registration-tokens",
            keeps=True,
        ),
    )
