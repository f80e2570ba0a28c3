"""The page of the link in the email to someone who has forgotten their password (A-7)."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.entrance import entrance
from strongroom_dashboard.components.fields import hidden_field
from strongroom_dashboard.components.form import change, problems, submit
from strongroom_dashboard.screens.entrance.fields import new_password_field, without_link


def page() -> rx.Component:
    """Return the page."""
    return entrance(
        rx.el.div(
            rx.el.p(
                "This ends all your sessions. If you have a second factor, you still need it to sign in.",
                class_name="muted",
            ),
            change(
                hidden_field("token", "", "fragment"),
                new_password_field(),
                problems(),
                submit("Set new password", size="lg", block=True),
                action="/api/password/reset",
                anonymous=True,
                then="/sign-in",
                says="Password of {username} changed.|You can sign in now.",
                class_name="stack gap-4",
            ),
            class_name="with-link",
        ),
        without_link(button("Get a new link", href="/forgot", size="lg", block=True)),
        title="Choose a new password",
    )
