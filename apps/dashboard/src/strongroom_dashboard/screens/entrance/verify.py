"""The page of the link in a sign-up email. It creates the account (A-1).

The token is in the link's fragment, as on the setup page. Opening the page changes nothing, because programs
that check emails also open links. It asks for the password that was chosen at sign-up, because anyone can
sign up with someone else's address.
"""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.entrance import entrance
from strongroom_dashboard.components.fields import hidden_field, password_field, text_field
from strongroom_dashboard.components.form import change, problems, submit
from strongroom_dashboard.screens.entrance.fields import USERNAME, USERNAME_HELP, without_link


def page() -> rx.Component:
    """Return the page."""
    return entrance(
        rx.el.div(
            rx.el.p(
                "Enter the password you chose when you signed up. This creates your account and your vault.",
                class_name="muted",
            ),
            change(
                hidden_field("token", "", "fragment"),
                password_field(
                    "password",
                    "Password",
                    autocomplete="current-password",
                    large=True,
                    required=True,
                    messages={"missing": "Enter the password that you chose when you signed up."},
                ),
                text_field(
                    "username",
                    "Different username",
                    large=True,
                    autocomplete="off",
                    pattern=USERNAME,
                    empty="omit",
                    help="Needed only if someone else has taken the one you chose.",
                    messages={"pattern": USERNAME_HELP},
                ),
                problems(),
                submit("Confirm my address", size="lg", block=True),
                action="/api/sign-up/confirm",
                anonymous=True,
                then="/sign-in",
                says="Account {username} created.|You can sign in now.",
                class_name="stack gap-4",
            ),
            rx.el.p(
                "Didn't sign up, or don't know the password? Don't confirm. ",
                rx.el.a("Start again", href="/sign-up"),
                " with your own password, and use only the new link.",
                class_name="meta",
            ),
            class_name="with-link stack gap-4",
        ),
        without_link(button("Sign up", href="/sign-up", size="lg", block=True)),
        title="Welcome",
    )
