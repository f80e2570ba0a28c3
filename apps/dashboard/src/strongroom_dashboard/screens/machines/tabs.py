"""The tabs on the machine screens."""

from typing import Literal

from strongroom_dashboard.components.tabs import Tab
from strongroom_dashboard.screens.shell import Shell


def machine_tabs(current: Literal["machines", "tokens", "trusts", "allowlist"]) -> tuple[Tab, ...]:
    """Return the tabs that the person can open, with one marked as current."""
    registers = ~Shell.hidden.contains("tokens")
    return (
        Tab(
            "Machines",
            "/machines",
            current=current == "machines",
            shown=~Shell.hidden.contains("machines"),
        ),
        Tab("Enrollment tokens", "/machines/tokens", current=current == "tokens", shown=registers),
        Tab("Trusted issuers", "/machines/trusts", current=current == "trusts", shown=registers),
        Tab(
            "IP allowlist",
            "/machines/allowlist",
            current=current == "allowlist",
            shown=~Shell.hidden.contains("allowlist"),
        ),
    )
