"""The tabs on the alert screens."""

from typing import Literal

from strongroom_dashboard.components.tabs import Tab


def alert_tabs(current: Literal["rules", "webhooks"]) -> tuple[Tab, ...]:
    """Return the tabs, with one marked as current."""
    return (
        Tab("Rules", "/alerts", current=current == "rules"),
        Tab("Webhooks", "/alerts/webhooks", current=current == "webhooks"),
    )
