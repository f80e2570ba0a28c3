"""The vault's IP allowlist: its networks, whether it is on, and which machines it would block (R-8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.machines.allowlist import read_allowlist
from strongroom_dashboard.components.dialog import Consequence
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.wording import counted, why_not

if TYPE_CHECKING:
    from strongroom_core.machines.views import Allowlist, AllowlistEntryView
    from strongroom_dashboard.event_session import Call


@dataclass(frozen=True)
class NetworkRow:
    """One network. `warns` describes the effect of removing it while the list is on."""

    id: str
    network: str
    note: str
    added: str
    by: str
    warns: str


@dataclass(frozen=True)
class BlockedRow:
    """A machine that was last seen at an address outside the list."""

    id: str
    href: str
    name: str
    address: str
    seen: str


class AllowlistPage(Screen, rx.State):
    """The IP allowlist."""

    sentence: str = ""
    on: bool = False
    rows: list[NetworkRow] = []
    blocked: list[BlockedRow] = []
    blocked_text: str = ""
    more: str = ""
    enabling: list[Consequence] = []
    your_address: str = ""
    may_not: str = ""

    async def _fill(self, call: Call) -> None:
        found = await read_allowlist(call.core, call.caller)
        self.on = found.enabled
        self.rows = [row_of(each, on=found.enabled) for each in found.entries]
        self.blocked = [
            BlockedRow(
                str(each.id),
                f"/machines/{each.id}",
                each.name,
                each.address,
                each.seen_at.isoformat(),
            )
            for each in found.shut_out
        ]
        self.blocked_text = blocked_text(found)
        self.more = (
            f"{found.shut_out_count - len(found.shut_out):,} more."
            if found.shut_out_count > len(found.shut_out)
            else ""
        )
        self.enabling = [
            Consequence(number=f"{len(found.entries):,}", text=_networks(len(found.entries))),
            Consequence(
                number=f"{found.shut_out_count:,}",
                text="machine seen this week will be blocked"
                if found.shut_out_count == 1
                else "machines seen this week will be blocked",
            ),
        ]
        self.sentence = sentence_of(found)
        self.your_address = found.your_address
        self.may_not = why_not(call, VaultCapability.IP_ALLOWLIST_MANAGE)


def row_of(entry: AllowlistEntryView, *, on: bool) -> NetworkRow:
    """Return a network's row."""
    warns = ""
    if entry.only_way_for:
        need = "needs" if entry.only_way_for == 1 else "need"
        warns = f"{counted(entry.only_way_for, 'machine')} seen this week {need if on else 'would need'} it."
    return NetworkRow(
        entry.id, entry.network, entry.note or "", entry.added_at.isoformat(), entry.added_by, warns
    )


def sentence_of(found: Allowlist) -> str:
    """Return the sentence below the title."""
    if not found.enabled:
        return "Machines can connect from any IP address."
    if not found.entries:
        return "On, but empty. Every machine is blocked."
    networks = counted(len(found.entries), "network")
    return f"On. Machines can connect from {networks}; all other addresses are blocked."


def blocked_text(found: Allowlist) -> str:
    """Return the warning about machines outside the list, or nothing."""
    if not found.shut_out_count or not (found.enabled or found.entries):
        return ""
    verb = ("is" if found.shut_out_count == 1 else "are") if found.enabled else "would be"
    return f"{counted(found.shut_out_count, 'machine')} seen this week {verb} blocked"


def _networks(number: int) -> str:
    return "network will be allowed" if number == 1 else "networks will be allowed"
