"""The settings of the vault in which the session acts (V-1, V-8, Q-2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.access.roles import OWNER_ROLE
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.page import MAX_LIMIT, PageRequest
from strongroom_core.limits.caps import Cap
from strongroom_core.limits.plans import read_vault_plan
from strongroom_core.members.listing import list_members
from strongroom_core.members.views import MemberStatus
from strongroom_core.vaults.settings import read_vault, read_what_stops
from strongroom_dashboard.components.dialog import Consequence
from strongroom_dashboard.components.fields import Option
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.wording import why_not

if TYPE_CHECKING:
    from strongroom_core.limits.views import Usage
    from strongroom_core.vaults.views import WouldStop
    from strongroom_dashboard.event_session import Call


OWNERS_STOP = "Only an owner can stop requiring a second factor."


@dataclass(frozen=True)
class UseRow:
    """One cap's usage."""

    cap: str
    used: str
    nearly: bool


class VaultSettings(Screen, rx.State):
    """The vault's name, type, plan and deletion."""

    id: str = ""
    name: str = ""
    personal: bool = False
    factor_required: bool = False
    revision: int = 0
    created: str = ""
    purge_at: str = ""
    plan: str = ""
    keeps: str = ""
    lowered: str = ""
    use: list[UseRow] = []
    choices: list[Option] = []
    stops: list[Consequence] = []
    why_not_change: str = ""
    why_not_stop_requiring: str = ""
    why_not_convert: str = ""
    why_not_delete: str = ""
    why_not_leave: str = ""

    async def _fill(self, call: Call) -> None:
        vault = await read_vault(call.core, call.caller, call.caller.vault)
        self.id, self.name, self.revision = vault.id, vault.name, vault.revision
        self.personal = vault.shape == "personal"
        self.factor_required = vault.second_factor_required
        self.created = vault.created_at.isoformat()
        self.purge_at = vault.purge_at.isoformat() if vault.purge_at else ""
        self.stops = stopping(await read_what_stops(call.core, call.caller, vault.id))
        self.why_not_change = why_not(call, VaultCapability.VAULT_SETTINGS)
        owner = call.caller.authority.role == OWNER_ROLE
        self.why_not_stop_requiring = self.why_not_change or ("" if owner else OWNERS_STOP)
        self.why_not_convert = why_not(call, VaultCapability.VAULT_CONVERT)
        self.why_not_delete = why_not(call, VaultCapability.VAULT_DELETE)
        self.why_not_leave = await self._why_not_leave(call)
        self.plan, self.use, self.choices = "", [], []
        if VaultCapability.PLAN_VIEW in call.caller.authority.vault:
            plan = await read_vault_plan(call.core, call.caller)
            self.plan = plan.name
            self.use = [use_row(each) for each in plan.usage]
            self.keeps = keeping(plan.limits.versions, plan.limits.retention_days)
            self.lowered = plan.lowered_at.isoformat() if plan.lowered_at else ""
            if VaultCapability.PLAN_MANAGE in call.caller.authority.vault:
                self.choices = [
                    Option(value=each.id, text=each.name)
                    for each in plan.choices
                    if not each.current
                ]

    async def _why_not_leave(self, call: Call) -> str:
        """Return why the person can't leave; empty if they can."""
        if self.personal or call.caller.authority.role != OWNER_ROLE:
            return ""
        active = await list_members(
            call.core,
            call.caller,
            PageRequest(MAX_LIMIT),
            status=MemberStatus.ACTIVE,
            vault_role=OWNER_ROLE,
        )
        if any(not each.you for each in active.items):
            return ""
        return "You're the only owner. Make another member an owner first."


def use_row(usage: Usage) -> UseRow:
    """Return a cap's usage as a row."""
    noun = Cap(usage.cap).noun
    most = "no limit" if usage.most is None else f"of {usage.most:,}"
    return UseRow(f"{noun[:1].upper()}{noun[1:]}", f"{usage.used:,} {most}", usage.nearly)


def keeping(versions: int | None, days: int | None) -> str:
    """Return what a plan keeps, as a sentence."""
    kept = "all versions" if versions is None else f"the last {versions:,} versions"
    log = "forever" if days is None else f"for {days:,} days"
    return f"Keeps {kept} of each secret, and the audit log {log}."


def stopping(stops: WouldStop) -> list[Consequence]:
    """Return what stops when the vault is deleted."""
    return [
        Consequence(number=f"{stops.machines:,}", text="machines are denied immediately"),
        Consequence(number=f"{stops.projects:,}", text="projects are deleted after 30 days"),
        Consequence(number=f"{stops.secrets:,}", text="secrets are deleted with their keys"),
    ]
