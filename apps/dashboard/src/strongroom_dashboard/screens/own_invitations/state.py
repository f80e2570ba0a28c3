"""The invitations of the person's own address, and the vaults that they can open (O-4, A-8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.members.joining import list_own_invitations
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.wording import counted

if TYPE_CHECKING:
    from strongroom_core.members.views import OwnInvitation
    from strongroom_dashboard.event_session import Call


@dataclass(frozen=True)
class OwnInvitationRow:
    """An invitation. `gives` names its roles. `needs_link` means that only its link can answer it."""

    id: str
    vault: str
    gives: str
    inviter: str
    expires: str
    needs_link: bool


class OwnInvitations(Screen, rx.State):
    """The person's invitations."""

    sentence: str = ""
    rows: list[OwnInvitationRow] = []

    async def _fill(self, call: Call) -> None:
        found = await list_own_invitations(call.core, call.caller)
        self.rows = [row_of(each) for each in found]
        self.sentence = (
            f"You have {counted(len(found), 'invitation')}."
            if found
            else "You have no invitations."
        )


def row_of(view: OwnInvitation) -> OwnInvitationRow:
    """Return an invitation's row."""
    access = f", and {view.access_role_name} in projects" if view.access_role_name else ""
    return OwnInvitationRow(
        view.id,
        view.vault_name,
        f"{view.vault_role_name}{access}",
        view.inviter,
        view.expires_at.isoformat(),
        view.needs_link,
    )
