"""The fields and texts that the pages for people without a session have in common."""

from __future__ import annotations

import reflex as rx

from strongroom_core.kernel.limits import PASSWORD_SHORTEST
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.fields import password_field, text_field
from strongroom_dashboard.components.form import when_done
from strongroom_dashboard.components.note import note

USERNAME = "[a-z0-9._\\-]{3,32}"
USERNAME_HELP = "Use 3–32 characters: a–z, 0–9, dot, underscore, hyphen."


def email_field(*, autocomplete: str = "email", help: str | None = None) -> rx.Component:  # noqa: A002
    """Return the field for an email address, which has the focus."""
    return text_field(
        "email",
        "Email",
        kind="email",
        required=True,
        large=True,
        autocomplete=autocomplete,
        autofocus=True,
        help=help,
        messages={"missing": "Enter your email."},
    )


def username_field() -> rx.Component:
    """Return the field for a new username."""
    return text_field(
        "username",
        "Username",
        required=True,
        large=True,
        autocomplete="username",
        pattern=USERNAME,
        help="3–32 characters: a–z, 0–9, dot, underscore, hyphen. Shown in the audit log.",
        messages={"pattern": USERNAME_HELP},
    )


def new_password_field() -> rx.Component:
    """Return the field for a new password, with the requirements."""
    return rx.fragment(
        password_field(
            "password",
            "Password",
            autocomplete="new-password",
            large=True,
            required=True,
            shortest=PASSWORD_SHORTEST,
        ),
        note("At least 12 characters. A passphrase works well; common passwords are rejected."),
    )


def next_step() -> rx.Component:
    """Return the server's instructions for what to do next, once the form has been sent."""
    return when_done(
        rx.el.p(role="status", custom_attrs={"data-result": "next"}),
        button("Sign in", href="/sign-in", size="lg", block=True),
        class_name="stack gap-4",
    )


def without_link(again: rx.Component) -> rx.Component:
    """Return the text of a page that was opened without its link's token."""
    return rx.el.div(
        rx.el.p(
            "This URL is incomplete. Open the full link from your email, including the part after ",
            rx.el.code("#"),
            ". After a reload, the page needs it again.",
        ),
        again,
        class_name="without-link stack gap-4",
    )
