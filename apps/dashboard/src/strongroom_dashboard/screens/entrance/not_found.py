"""The page for URLs that don't exist."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.entrance import entrance


def page() -> rx.Component:
    """Return the page. It is the same with and without a session, so it doesn't reveal which URLs exist."""
    return entrance(
        rx.el.div(button("Overview", href="/", tone="primary"), class_name="row"),
        title="Page not found",
        sentence="Check the link.",
    )
