"""The page of the link that confirms a new email address."""

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
                "Once you confirm it, you'll sign in with this address.",
                class_name="muted",
            ),
            change(
                hidden_field("token", "", "fragment"),
                problems(),
                submit("Confirm my new address", size="lg", block=True),
                action="/api/email/confirm",
                anonymous=True,
                then="/",
                says="Email address of {username} changed.|",
                class_name="stack gap-4",
            ),
            class_name="with-link",
        ),
        without_link(button("Overview", href="/", size="lg", block=True)),
        title="Confirm your new address",
    )
