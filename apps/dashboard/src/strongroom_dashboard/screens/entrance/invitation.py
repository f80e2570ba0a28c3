"""The page of an invitation's link: who invites to which vault, and how to answer (O-4)."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.entrance import entrance
from strongroom_dashboard.components.fields import hidden_field
from strongroom_dashboard.components.form import (
    change,
    problems,
    result,
    submit,
    until_done,
    when_done,
)
from strongroom_dashboard.screens.entrance.fields import without_link


def page() -> rx.Component:
    """Return the page. Opening the invitation grants nothing; to answer it, the person signs in."""
    return entrance(
        rx.el.div(
            change(
                hidden_field("token", "", "fragment"),
                until_done(
                    rx.el.p(
                        "Open it to see who invites you, and to which vault.", class_name="muted"
                    ),
                    problems(),
                    submit("Open the invitation", size="lg", block=True),
                ),
                when_done(
                    rx.el.p(
                        rx.el.b(result("inviter")),
                        " invites ",
                        rx.el.b(result("address")),
                        " to the vault ",
                        rx.el.b(result("vaultName")),
                        ", with the role ",
                        rx.el.b(result("vaultRoleName")),
                        ".",
                    ),
                    rx.el.p(
                        "Continue with this address, then accept or decline. Keep this link until then.",
                        class_name="muted",
                    ),
                    button(
                        "Continue to answer",
                        href="/invitations",
                        tone="primary",
                        size="lg",
                        block=True,
                    ),
                    rx.el.p("No account yet?", class_name="or"),
                    button("Sign up with this address", href="/sign-up", size="lg", block=True),
                    class_name="stack gap-4",
                ),
                action="/api/invitations/open",
                anonymous=True,
                keeps=True,
                quiet=True,
                auto=True,
                class_name="stack gap-4",
            ),
            class_name="with-link",
        ),
        without_link(button("Sign in", href="/invitations", size="lg", block=True)),
        title="You're invited",
    )
