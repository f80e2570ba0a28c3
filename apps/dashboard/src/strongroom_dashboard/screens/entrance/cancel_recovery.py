"""The page of the link in the email about a recovery, which cancels it (A-12)."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.entrance import entrance
from strongroom_dashboard.components.fields import hidden_field
from strongroom_dashboard.components.form import change, problems, submit
from strongroom_dashboard.screens.entrance.fields import without_link


def page() -> rx.Component:
    """Return the page."""
    return entrance(
        rx.el.div(
            rx.el.p(
                "Your second factors and your email address won't change. Then tell the person "
                "who runs this server that you didn't ask for this.",
                class_name="muted",
            ),
            change(
                hidden_field("token", "", "fragment"),
                problems(),
                submit("Cancel the recovery", size="lg", block=True),
                action="/api/recovery/cancel",
                anonymous=True,
                then="/sign-in",
                says="The recovery of {username} was canceled.|",
                class_name="stack gap-4",
            ),
            class_name="with-link",
        ),
        without_link(button("Sign in", href="/sign-in", size="lg", block=True)),
        title="Cancel the recovery?",
    )
