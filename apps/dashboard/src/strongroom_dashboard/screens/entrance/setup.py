"""The page that the setup link from `init` opens. It creates the administrator account (A-1).

The token is in the link's fragment, which browsers don't send. `assets/js/early/fragment.js`
removes it from the URL before any other script runs, and the form sends it.
"""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.entrance import entrance
from strongroom_dashboard.components.fields import hidden_field
from strongroom_dashboard.components.form import change, problems, submit
from strongroom_dashboard.screens.entrance.fields import (
    email_field,
    new_password_field,
    username_field,
)


def page() -> rx.Component:
    """Return the page."""
    return entrance(
        rx.el.div(
            rx.el.p(
                "Create the administrator account. This link works once and expires after 24 hours.",
                class_name="muted",
            ),
            _form(),
            class_name="with-link",
        ),
        rx.el.div(_no_link(), class_name="without-link stack gap-4"),
        title="Welcome",
    )


def _form() -> rx.Component:
    return change(
        hidden_field("token", "", "fragment"),
        email_field(help="Used to sign in. Not shown to anyone else."),
        username_field(),
        new_password_field(),
        problems(),
        submit("Create account", size="lg", block=True),
        action="/api/setup",
        anonymous=True,
        then="/sign-in",
        says="Account {username} created.|You can sign in now.",
        class_name="stack gap-4",
    )


def _no_link() -> rx.Component:
    return rx.fragment(
        rx.el.p(
            "This URL is incomplete. Open the full link that ",
            rx.el.code("strongroom-server init"),
            " printed, including the part after ",
            rx.el.code("#"),
            ".",
        ),
        rx.el.p(
            "Link lost or expired? If no account exists yet, run ",
            rx.el.code("strongroom-server setup-link"),
            " on the server to get a new one.",
        ),
        button("Sign in", href="/sign-in", size="lg", block=True),
    )
