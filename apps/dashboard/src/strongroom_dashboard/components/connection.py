"""What every page says while the server does not answer."""

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from strongroom_dashboard.components.note import note


def connection() -> rx.Component:
    """Return a note that is there for as long as events cannot be sent."""
    lost = note(
        rx.el.b("The server does not answer."),
        " This page goes on by itself when it does; what you typed stays.",
        tone="warn",
        icon="unplug",
    )
    return rx.fragment(
        rx.cond(
            has_connection_errors,
            rx.el.div(lost, class_name="connection", role="status"),
            rx.fragment(),
        )
    )
