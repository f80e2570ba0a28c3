"""Signing in. The password goes to the API in a request of its own and is never an event (A-1)."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.entrance import entrance
from strongroom_dashboard.components.fields import password_field, text_field
from strongroom_dashboard.components.form import change, problems, submit


def page() -> rx.Component:
    """Return the page for people without a session."""
    return entrance(
        change(
            text_field(
                "email",
                "E-mail",
                kind="email",
                required=True,
                large=True,
                autocomplete="username",
                autofocus=True,
                messages={"missing": "Type the e-mail address of your account."},
            ),
            password_field("password", "Password", large=True, required=True),
            problems(),
            submit("Sign in", size="lg", block=True),
            action="/api/login",
            stranger=True,
            then="next:/",
            reloads=True,
            class_name="stack gap-4",
        ),
        title="Sign in",
        sentence="With the e-mail address and the password of your account.",
        foot="Sessions end after 30 minutes without use.",
    )
