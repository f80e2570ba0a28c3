"""The page of the link *That wasn't me* in the emails about an account."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.entrance import entrance
from strongroom_dashboard.components.fields import hidden_field
from strongroom_dashboard.components.form import change, problems, submit, until_done
from strongroom_dashboard.screens.entrance.fields import next_step, without_link


def page() -> rx.Component:
    """Return the page."""
    return entrance(
        rx.el.div(
            rx.el.p(
                "This ends all your sessions. Your password will stop working, because the other person "
                "knows it, and we'll send you a link for choosing a new one. If they added a sign-in "
                "method or changed your email address, we'll undo that in 24 hours.",
                class_name="muted",
            ),
            change(
                until_done(
                    hidden_field("token", "", "fragment"),
                    problems(),
                    submit("End all sessions", tone="danger", size="lg", block=True),
                ),
                next_step(),
                action="/api/session/disown",
                anonymous=True,
                keeps=True,
                quiet=True,
                class_name="stack gap-4",
            ),
            class_name="with-link",
        ),
        without_link(button("Get a new password", href="/forgot", size="lg", block=True)),
        title="Wasn't you?",
    )
