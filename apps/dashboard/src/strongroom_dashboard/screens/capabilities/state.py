"""Who can do something: the members who have a capability, and where (U-4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.access.roles import OWNER_ROLE
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.members.listing import list_holders
from strongroom_dashboard.components.fields import Option, OptionGroup
from strongroom_dashboard.screens.capability_words import (
    PROJECT_CAPABILITIES,
    SECRET_CAPABILITIES,
    VAULT_GROUPS,
    words_of,
)
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.wording import counted, joined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from strongroom_core.kernel.authority import Capability
    from strongroom_core.members.views import Holder as HolderView
    from strongroom_dashboard.event_session import Call

USUAL = VaultCapability.MACHINES_MANAGE
GROUPS: Mapping[str, Mapping[Capability, str]] = {
    **{name: {**group} for name, group in VAULT_GROUPS.items()},
    "In projects: secrets": {**SECRET_CAPABILITIES},
    "In projects": {**PROJECT_CAPABILITIES},
}


@dataclass(frozen=True)
class Holder:
    """A member who can do it, and where."""

    id: str
    href: str
    name: str
    vault_role: str
    access_role: str
    where: str
    all: str


class WhoCan(Screen, rx.State):
    """The members who have a capability."""

    capability: str = ""
    words: str = ""
    answer: str = ""
    rows: list[Holder] = []
    capabilities: list[OptionGroup] = []

    async def _fill(self, call: Call) -> None:
        known = {each.value: each for group in GROUPS.values() for each in group}
        wanted = known.get(self._asked("capability"), USUAL)
        self.capability, self.words = wanted.value, words_of(wanted)
        self.capabilities = [
            OptionGroup(
                text=name,
                options=[
                    Option(value=each.value, text=f"{words} ({each.value})")
                    for each, words in group.items()
                ],
            )
            for name, group in GROUPS.items()
        ]
        found = await list_holders(call.core, call.caller, wanted.value)
        self.rows = [holder_of(each) for each in found]
        self.answer = f"{counted(len(found), 'member')} can do this."


def holder_of(view: HolderView) -> Holder:
    """Return a member's row."""
    owner = view.vault_role == OWNER_ROLE
    everywhere = "Everywhere" if view.everywhere else joined(view.places)
    return Holder(
        view.member_id,
        f"/members?member={view.member_id}",
        view.username,
        view.vault_role_name,
        "Everything" if owner else view.access_role_name or "",
        everywhere or "In projects that you can't see",
        ", ".join(view.places),
    )
