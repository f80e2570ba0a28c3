"""The sign-up page. It shows the same text whether or not the address has an account (A-1, A-7)."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.entrance import entrance
from strongroom_dashboard.components.fields import hidden_field
from strongroom_dashboard.components.form import change, problems, submit, until_done
from strongroom_dashboard.screens.entrance.fields import (
    email_field,
    new_password_field,
    next_step,
    username_field,
)


def page() -> rx.Component:
    """Return the page."""
    return entrance(
        change(
            until_done(
                email_field(help="Used to sign in. Not shown to anyone else."),
                username_field(),
                # The token of an invitation's link, if the person came from its page.
                hidden_field("invitation", "", "fragment"),
                new_password_field(),
                problems(),
                submit("Sign up", size="lg", block=True),
                rx.el.p(
                    "Already have an account? ",
                    rx.el.a("Sign in", href="/sign-in"),
                    class_name="meta",
                ),
            ),
            next_step(),
            action="/api/sign-up",
            anonymous=True,
            keeps=True,
            quiet=True,
            class_name="stack gap-4",
        ),
        title="Sign up",
        sentence=rx.el.span("at ", rx.el.span("this server", custom_attrs={"data-host": ""})),
    )
