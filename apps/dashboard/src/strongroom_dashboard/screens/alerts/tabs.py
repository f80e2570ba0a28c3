"""The tabs on the alert screens."""

from typing import Literal

import reflex as rx

from strongroom_dashboard.components.tabs import Tab, tabs


def alert_tabs(current: Literal["rules", "webhooks"]) -> rx.Component:
    """Return the tabs, with one marked as current."""
    return tabs(
        Tab("Rules", "/alerts", current=current == "rules"),
        Tab("Webhooks", "/alerts/webhooks", current=current == "webhooks"),
        label="Alerts",
    )
