"""The state of *Your security*. It depends only on the account, so it is the same in every vault (A-11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.access.entry import Outcome
from strongroom_core.accounts.activity import list_account_events
from strongroom_core.accounts.change import read_account
from strongroom_core.accounts.close import read_closing
from strongroom_core.accounts.factors import read_factors
from strongroom_core.accounts.own_sessions import list_devices, list_sessions
from strongroom_core.audit.wording import word
from strongroom_core.kernel.page import PageRequest
from strongroom_core.keys.manage import list_keys
from strongroom_dashboard.components.dialog import Consequence
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.wording import counted
from strongroom_wire.errors import Code

if TYPE_CHECKING:
    from strongroom_core.accounts.views import (
        AccountEvent,
        DeviceView,
        FactorsView,
        OwnSession,
        VaultLeft,
    )
    from strongroom_core.keys.views import KeyView
    from strongroom_dashboard.event_session import Call

SHOWN = 12
MOST = 100
CODES = 10
IMPOSSIBLE = (
    "Browsers allow passkeys only for host names, but this server's URL contains an IP address."
)


@dataclass(frozen=True)
class SessionRow:
    """One session. The `current` one has no button for signing out."""

    id: str
    browser: str
    address: str
    country: str
    signed_in: str
    active: str
    current: bool


@dataclass(frozen=True)
class DeviceRow:
    """A known browser."""

    id: str
    browser: str
    place: str
    used: str
    until: str


@dataclass(frozen=True)
class KeyRow:
    """A person's key, with the program that has it. `projects` is empty if it isn't limited to any."""

    id: str
    name: str
    program: str
    fingerprint: str
    vault: str
    looking: bool
    projects: str
    used: str
    place: str
    expires: str


@dataclass(frozen=True)
class ActivityRow:
    """One event of the account. `bad` is a failed attempt."""

    id: str
    text: str
    place: str
    at: str
    bad: bool


@dataclass(frozen=True)
class PasskeyRow:
    """A passkey. `copied` is true if its counter has gone backwards."""

    id: str
    name: str
    added: str
    used: str
    copied: bool


@dataclass(frozen=True)
class RequirementRow:
    """A vault, and whether it requires a second factor."""

    id: str
    name: str
    required: bool


class Security(Screen, rx.State):
    """The person's sign-in methods, sessions, known browsers and account activity."""

    username: str = ""
    email: str = ""
    member_since: str = ""
    recovery: str = ""
    left_vaults: str = ""
    left_behind: list[Consequence] = []
    sessions: list[SessionRow] = []
    others: str = ""
    devices: list[DeviceRow] = []
    keys: list[KeyRow] = []
    activity: list[ActivityRow] = []
    all_events: bool = False
    second_factor: bool = False
    app_added: str = ""
    app_used: str = ""
    codes_left: int = 0
    codes: list[bool] = []
    passkeys: list[PasskeyRow] = []
    passkeys_impossible: str = ""
    requirements: list[RequirementRow] = []

    async def _fill(self, call: Call) -> None:
        own = await read_account(call.core, call.caller)
        self.username, self.email = own.username, own.email
        self.member_since = own.created_at.isoformat()
        self.recovery = own.recovery_due_at.isoformat() if own.recovery_due_at else ""
        left = (await read_closing(call.core, call.caller)).vaults
        self.left_vaults = ",".join(each.id for each in left)
        self.left_behind = [consequence_of(each) for each in left]
        sessions = (await list_sessions(call.core, call.caller)).items
        self.sessions = [session_row(each) for each in sessions]
        others = sum(not each.current for each in sessions)
        self.others = f"Sign out {counted(others, 'other')}" if others else ""
        devices = (await list_devices(call.core, call.caller)).items
        self.devices = [device_row(each) for each in devices]
        self.keys = [key_row(each) for each in (await list_keys(call.core, call.caller)).items]
        self._fill_factors(await read_factors(call.core, call.caller))
        self.all_events = self._asked("events") == "all"
        page = PageRequest(limit=MOST if self.all_events else SHOWN)
        events = (await list_account_events(call.core, call.caller, page)).items
        self.activity = [activity_row(each) for each in events]

    def _fill_factors(self, factors: FactorsView) -> None:
        self.second_factor = factors.second_factor
        self.app_added = factors.app_added_at.isoformat() if factors.app_added_at else ""
        self.app_used = factors.app_used_at.isoformat() if factors.app_used_at else ""
        self.codes_left = factors.recovery_codes_left
        self.codes = [number < CODES - self.codes_left for number in range(CODES)]
        self.passkeys_impossible = "" if factors.passkeys_possible else IMPOSSIBLE
        self.passkeys = [
            PasskeyRow(
                each.id,
                each.name,
                each.created_at.isoformat(),
                each.last_used_at.isoformat() if each.last_used_at else "",
                each.copied_at is not None,
            )
            for each in factors.passkeys
        ]
        self.requirements = [
            RequirementRow(each.vault_id, each.vault_name, each.second_factor)
            for each in factors.vaults
        ]


def consequence_of(left: VaultLeft) -> Consequence:
    """Return a line for the dialog: what happens to a vault that has no other owner."""
    machines = counted(left.machines, "machine")
    return Consequence(
        number=str(left.machines),
        text=f"{machines.partition(' ')[2]} in {left.name} can't read anymore",
    )


def session_row(view: OwnSession) -> SessionRow:
    """Return a session as a row."""
    return SessionRow(
        view.id,
        view.browser,
        view.address,
        view.country or "",
        view.created_at.isoformat(),
        view.last_used_at.isoformat(),
        view.current,
    )


def device_row(view: DeviceView) -> DeviceRow:
    """Return a known browser as a row."""
    return DeviceRow(
        view.id,
        view.browser,
        place_of(view.address, view.country),
        view.last_used_at.isoformat(),
        view.expires_at.isoformat(),
    )


def key_row(view: KeyView) -> KeyRow:
    """Return a key as a row."""
    return KeyRow(
        view.id,
        view.name,
        f"{view.hostname}, {view.client}",
        view.fingerprint,
        view.vault_name,
        view.looking,
        "" if view.projects is None else counted(len(view.projects), "project"),
        view.last_used_at.isoformat() if view.last_used_at else "",
        place_of(view.last_used_from or "", view.last_used_country),
        view.expires_at.isoformat(),
    )


def place_of(address: str, country: str | None) -> str:
    """Return an address and its country, as far as either is known."""
    return ", ".join(filter(None, (address, country)))


def activity_row(view: AccountEvent) -> ActivityRow:
    """Return an event as a line addressed to the person, who is the event's actor."""
    return ActivityRow(
        str(view.id),
        sentence_of(view),
        place_of(view.address, view.country),
        view.at.isoformat(),
        # A request to confirm your identity is not a failed attempt.
        view.outcome is Outcome.REFUSED and view.reason != Code.STEP_UP_REQUIRED,
    )


def sentence_of(view: AccountEvent) -> str:
    """Return what happened, without the actor: *Signed in*."""
    about_account = view.target_kind in (None, "account")
    said = word(
        view.action,
        view.outcome,
        reason=view.reason,
        target=None if about_account else view.target_name,
        place=None,
        detail=view.detail,
    )
    text = str(said).replace("their ", "your ").removesuffix(" of").removesuffix(" for")
    return f"{text[:1].upper()}{text[1:]}"
