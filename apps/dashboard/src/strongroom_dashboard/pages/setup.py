"""The one-time link of `init`: the operator's account (A-1).

The token is in the link's fragment, which browsers send to nobody. A script takes it out of the address
before anything else runs (`assets/js/early/fragment.js`), and the form sends it.
"""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.entrance import entrance
from strongroom_dashboard.components.fields import hidden_field, password_field, text_field
from strongroom_dashboard.components.form import change, problems, submit
from strongroom_dashboard.components.note import note

USERNAME = "[a-z0-9._\\-]{3,32}"


def page() -> rx.Component:
    """Return the page that the link of `init` opens."""
    return entrance(
        rx.el.div(
            rx.el.p(
                "You have the link that makes the operator's account. It works once, for 24 hours.",
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
        text_field(
            "email",
            "E-mail",
            kind="email",
            required=True,
            large=True,
            autocomplete="email",
            autofocus=True,
            help="For signing in. Nobody else sees it.",
        ),
        text_field(
            "username",
            "Username",
            required=True,
            large=True,
            autocomplete="username",
            pattern=USERNAME,
            help="3 to 32 of a–z, 0–9, dot, underscore, hyphen. The record calls you so.",
            messages={"pattern": "Use 3 to 32 of a–z, 0–9, dot, underscore and hyphen."},
        ),
        password_field(
            "password",
            "Password",
            autocomplete="new-password",
            large=True,
            required=True,
            shortest=12,
        ),
        note(
            "At least 12 characters, any you like. A sentence is good; what is known from leaks is"
            " refused."
        ),
        problems(),
        submit("Make my account", size="lg", block=True),
        action="/api/setup",
        stranger=True,
        then="/sign-in",
        says="The account {username} was made.|Sign in with it.",
        class_name="stack gap-4",
    )


def _no_link() -> rx.Component:
    return rx.fragment(
        rx.el.p(
            "The operator's account is made with the one-time link that ",
            rx.el.code("strongroom-server init"),
            " printed, and this address is only its beginning. Open the link as a whole: what stands behind"
            " the # belongs to it.",
        ),
        rx.el.p(
            "Lost, or older than 24 hours? ",
            rx.el.code("strongroom-server setup-link"),
            " prints a new one where the server runs, as long as there is no account.",
        ),
        button("Sign in", href="/sign-in", size="lg", block=True),
    )
