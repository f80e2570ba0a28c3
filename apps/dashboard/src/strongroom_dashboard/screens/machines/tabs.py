"""The tabs on the machine screens."""

from typing import Literal

import reflex as rx

from strongroom_dashboard.components.tabs import Tab, tabs


def machine_tabs(current: Literal["machines", "tokens", "trusts", "allowlist"]) -> rx.Component:
    """Return the tabs, with one marked as current."""
    return tabs(
        Tab("Machines", "/machines", current=current == "machines"),
        Tab("Enrollment tokens", "/machines/tokens", current=current == "tokens"),
        Tab("Trusted issuers", "/machines/trusts", current=current == "trusts"),
        Tab("IP allowlist", "/machines/allowlist", current=current == "allowlist"),
        label="Machines and their registration",
    )
