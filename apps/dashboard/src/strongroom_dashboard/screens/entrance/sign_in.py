"""The sign-in page. The password goes straight to the API and never becomes state (A-1)."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.entrance import entrance
from strongroom_dashboard.components.fields import password_field, text_field
from strongroom_dashboard.components.form import change, problems, submit
from strongroom_dashboard.components.second_step import passkey_form, sign_in_steps


def page() -> rx.Component:
    """Return the page."""
    return entrance(
        sign_in_steps(
            rx.el.p("or use a password", class_name="or"),
            _password(),
            passkey=passkey_form(
                "Continue with a passkey",
                action="/api/session/passkey",
                options="/api/session/passkey-options",
                size="lg",
                primary=True,
                then="next:/",
                reloads=True,
            ),
            large=True,
            then="next:/",
            reloads=True,
        ),
        rx.el.p(
            rx.el.a("Forgot password?", href="/forgot"),
            rx.el.a("Sign up", href="/sign-up"),
            class_name="meta door-links",
        ),
        title="Sign in",
        sentence=rx.el.span("to ", rx.el.span("this server", custom_attrs={"data-host": ""})),
        foot="You'll be signed out after 30 minutes of inactivity.",
    )


def _password() -> rx.Component:
    return change(
        text_field(
            "email",
            "Email",
            kind="email",
            required=True,
            large=True,
            autocomplete="username",
            autofocus=True,
            messages={"missing": "Enter your email."},
        ),
        password_field("password", "Password", large=True, required=True),
        problems(),
        submit("Sign in", tone="plain", size="lg", block=True),
        action="/api/session",
        anonymous=True,
        then="next:/",
        reloads=True,
        class_name="stack gap-4",
    )
