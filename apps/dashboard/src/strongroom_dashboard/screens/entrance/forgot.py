"""The page for people who have forgotten their password (A-7)."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.entrance import entrance
from strongroom_dashboard.components.form import change, problems, submit, until_done
from strongroom_dashboard.screens.entrance.fields import email_field, next_step


def page() -> rx.Component:
    """Return the page."""
    return entrance(
        change(
            until_done(
                email_field(autocomplete="username"),
                problems(),
                submit("Send a link", size="lg", block=True),
                rx.el.p(rx.el.a("Back to sign in", href="/sign-in"), class_name="meta"),
            ),
            next_step(),
            action="/api/password/forgot",
            anonymous=True,
            keeps=True,
            quiet=True,
            class_name="stack gap-4",
        ),
        title="Forgot your password?",
        sentence="We'll send you a link for choosing a new one. It works for 15 minutes.",
    )
