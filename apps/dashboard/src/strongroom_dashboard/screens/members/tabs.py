"""The tabs on the screens about members and roles."""

from typing import Literal

from strongroom_dashboard.components.tabs import Tab

MemberTab = Literal["members", "vault-roles", "access-roles", "capabilities"]


def member_tabs(current: MemberTab) -> tuple[Tab, ...]:
    """Return the tabs, with one marked as current."""
    return (
        Tab("Members", "/members", current=current == "members"),
        Tab("Vault roles", "/members/vault-roles", current=current == "vault-roles"),
        Tab("Access roles", "/members/access-roles", current=current == "access-roles"),
        Tab("Who can do this", "/members/capabilities", current=current == "capabilities"),
    )
