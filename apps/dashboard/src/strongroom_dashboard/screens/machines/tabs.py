"""The tabs of the machines' screens."""

from typing import Literal

import reflex as rx

from strongroom_dashboard.components.tabs import Tab, tabs


def machine_tabs(current: Literal["machines", "tokens"]) -> rx.Component:
    """Return the tabs, of which one is current."""
    return tabs(
        Tab("Machines", "/machines", current=current == "machines"),
        Tab("Enrollment tokens", "/machines/tokens", current=current == "tokens"),
        label="Machines and how they come in",
    )
