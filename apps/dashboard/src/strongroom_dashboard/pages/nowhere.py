"""What stands at an address that no screen has."""

from __future__ import annotations

import reflex as rx

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.entrance import entrance


def page() -> rx.Component:
    """Return the page. It is the same for strangers, so it tells nobody what there is."""
    return entrance(
        rx.el.div(button("Overview", href="/", tone="primary"), class_name="row"),
        title="Nothing is here",
        sentence="No screen has this address. If somebody gave it to you, ask whether all of it came over.",
    )
