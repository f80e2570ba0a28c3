"""The machines: first those pending approval, then all others, page by page (M-3, M-8)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import reflex as rx

from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.errors import Invalid, StrongroomError
from strongroom_core.kernel.page import PageRequest
from strongroom_core.machines.listing import MACHINES, count_machines, list_machines
from strongroom_core.machines.views import MachineState, Way
from strongroom_core.overview.search import list_offered
from strongroom_dashboard.components.filter import FilterOption
from strongroom_dashboard.event_session import calling
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.sorted_list import (
    SortedList,
    known_sort,
    sorted_list,
    unknown_list,
)
from strongroom_dashboard.screens.wording import counted, sentence, why_not

if TYPE_CHECKING:
    from strongroom_core.machines.views import MachineCounts, MachineView
    from strongroom_dashboard.event_session import Call

ROWS = 50
LISTED = 20
"""The number of pending machines to list. The others appear as these are approved or denied."""

SORTS = ("name", "state", "-lastSeenAt", "-grants", "-projects", "-registeredAt", "expiresAt")

STATES = {
    MachineState.ENABLED: "Enabled",
    MachineState.DISABLED: "Disabled",
    MachineState.EXPIRED: "Expired",
}

KINDS = {
    Way.BOOTSTRAP: "Standard",
    Way.PREPROVISIONED: "Key file",
    Way.EPHEMERAL: "Ephemeral",
    Way.TEMPORARY: "Temporary",
}

MOST_PROJECTS, MOST_SECRETS = 20, 50
"""The maximum number of projects, and of secrets in each, that the dialog offers."""


@dataclass(frozen=True)
class Waiting:
    """A machine pending approval. It is a row here and a card on its own page.

    `replaces` is empty unless the machine replaces another one. `same_name` says how many other machines have
    the same name; it is empty if there are none.
    """

    id: str = ""
    href: str = ""
    name: str = ""
    fingerprint: str = ""
    hostname: str = ""
    address: str = ""
    country: str = ""
    since: str = ""
    replaces: str = ""
    replaces_name: str = ""
    same_name: str = ""


@dataclass(frozen=True)
class MachineRow:
    """One machine in the table. `seen` is empty if the machine has never read anything."""

    id: str
    href: str
    name: str
    hostname: str
    enabled: bool
    expired: bool
    kind: str
    expires: str
    seen: str
    secrets: str
    projects: str
    registered: str


@dataclass(frozen=True)
class SecretChoice:
    """A secret to which a new machine can be given access."""

    id: str = ""
    path: str = ""


class MachineList(Screen, rx.State):
    """The machines of a vault."""

    sentence: str = ""
    waiting: list[Waiting] = []
    waiting_more: str = ""
    pending: str = "0"
    rows: list[MachineRow] = []
    total: int = 0
    there_are: bool = False
    q: str = ""
    chosen: str = ""
    clear: str = "/machines"
    options: list[FilterOption] = []
    filtered: bool = False
    filter_problem: str = ""
    around: SortedList = unknown_list(SORTS)
    everything: str = ""
    may_not: str = ""
    asked_to_add: bool = False
    choices: list[SecretChoice] = []
    offered: bool = False

    @rx.event
    async def offer(self) -> None:
        """Load the secrets for the dialog that adds a machine. The list itself doesn't need them."""
        with suppress(StrongroomError):
            self.choices = await choices_of(calling())
        self.offered = True

    async def _fill(self, call: Call) -> None:
        asked = {name: text for name in ("q", "state", "sort") if (text := self._asked(name))}
        counts = await count_machines(call.core, call.caller)
        self.may_not = why_not(call, VaultCapability.MACHINES_MANAGE)
        self.asked_to_add = self._asked("new") == "machine" and not self.may_not
        self.there_are = counts.enabled + counts.disabled > 0
        self.total = counts.enabled + counts.disabled
        self.sentence = sentence_of(counts)
        if self.asked_to_add:
            self.choices, self.offered = await choices_of(call), True
        await self._show_waiting(call, counts.pending)
        self.q, self.filtered = asked.get("q", ""), any(asked.get(name) for name in ("q", "state"))
        self.options = options_of(asked, counts)
        self.chosen = next((each["text"] for each in self.options if each["current"]), "")
        self.clear = _href({name: text for name, text in asked.items() if name != "state"})
        await self._show_rows(call, asked)

    async def _show_waiting(self, call: Call, pending: int) -> None:
        self.waiting, self.waiting_more, self.pending = [], "", f"{pending:,}"
        if pending == 0:
            return
        page = PageRequest(limit=LISTED)
        found = (await list_machines(call.core, call.caller, page, pending=True)).items
        self.waiting = [waiting_of(machine) for machine in found]
        if pending > len(found):
            self.waiting_more = f"{pending - len(found):,} more pending."

    async def _show_rows(self, call: Call, asked: Mapping[str, str]) -> None:
        self.rows, self.filter_problem, self.around = [], "", unknown_list(SORTS)
        sort = known_sort(asked.get("sort", ""), SORTS)
        try:
            page = PageRequest.parse(limit=ROWS, cursor=self._asked("cursor") or None, sort=sort)
            found = await list_machines(
                call.core,
                call.caller,
                page,
                pending=False,
                state=state_of(asked.get("state", "")),
                expired=None if asked.get("state") else False,
                q=asked.get("q"),
            )
        except Invalid as error:
            self.filter_problem = sentence(error.message)
            return
        self.rows = [row_of(machine) for machine in found.items]
        self.everything = "/api/machines?" + urlencode(
            {"pending": "false", **{name: asked[name] for name in ("q", "state") if name in asked}}
        )
        self.around = sorted_list(
            found,
            partial(_href, asked),
            sorts=SORTS,
            current=sort or MACHINES.default,
            nouns=("machine", "machines"),
            # The total doesn't include expired machines.
            everything=self.total
            if self.filtered and asked.get("state") != MachineState.EXPIRED
            else None,
        )


def state_of(asked: str) -> MachineState | None:
    """Return the state from the URL. Raises `Invalid` if it is unknown."""
    if not asked:
        return None
    if asked not in STATES:
        raise Invalid("state must be enabled, disabled or expired", field="state")
    return MachineState(asked)


def waiting_of(machine: MachineView) -> Waiting:
    """Return a pending machine."""
    return Waiting(
        id=str(machine.id),
        href=f"/machines/{machine.id}",
        name=machine.name,
        fingerprint=machine.fingerprint,
        hostname=machine.hostname,
        address=machine.registered_from,
        country=machine.country or "",
        since=machine.registered_at.isoformat(),
        replaces=str(machine.replaces) if machine.replaces is not None else "",
        replaces_name=machine.replaces_name or "",
        same_name=same_name_of(machine),
    )


def same_name_of(machine: MachineView) -> str:
    """Return a sentence about other machines with the same name; empty if there are none."""
    number = machine.same_name
    if not number:
        return ""
    return (
        f"{counted(number, 'other machine')} {'is' if number == 1 else 'are'} named {machine.name}."
    )


def row_of(machine: MachineView) -> MachineRow:
    """Return a machine's row."""
    return MachineRow(
        id=str(machine.id),
        href=f"/machines/{machine.id}",
        name=machine.name,
        hostname="" if machine.hostname == machine.name else machine.hostname,
        enabled=machine.enabled,
        expired=machine.state == MachineState.EXPIRED,
        kind=KINDS[machine.enrolled_by],
        expires=machine.expires_at.isoformat() if machine.expires_at is not None else "",
        seen=machine.last_seen_at.isoformat() if machine.last_seen_at is not None else "",
        secrets=f"{machine.grants:,}",
        projects=f"{machine.projects:,}",
        registered=machine.registered_at.isoformat(),
    )


def sentence_of(counts: MachineCounts) -> str:
    """Return the sentence below the title."""
    total = counts.enabled + counts.disabled
    if total == 0:
        return "Each machine has its own key and can read only the secrets you've granted to it."
    if total == 1:
        known = "1 machine. It can read only the secrets you've granted to it."
    else:
        known = f"{total:,} machines. Each can read only the secrets you've granted to it."
    if counts.disabled == 0:
        return known
    return f"{known} {counts.disabled:,} {'is' if counts.disabled == 1 else 'are'} disabled."


def options_of(asked: Mapping[str, str], counts: MachineCounts) -> list[FilterOption]:
    """Return the options of the state filter."""
    numbers = {
        MachineState.ENABLED: counts.enabled,
        MachineState.DISABLED: counts.disabled,
        MachineState.EXPIRED: counts.expired,
    }
    return [
        FilterOption(
            text=text,
            href=_href({**asked, "state": state.value}),
            count=f"{numbers[state]:,}",
            current=asked.get("state") == state.value,
        )
        for state, text in STATES.items()
    ]


async def choices_of(call: Call) -> list[SecretChoice]:
    """Return the secrets to which a new machine can be given access, by path."""
    offered = await list_offered(
        call.core, call.caller, projects=MOST_PROJECTS, secrets=MOST_SECRETS
    )
    return [
        SecretChoice(id=secret, path=f"{each.path}/{name}")
        for each in offered
        for secret, name in each.secrets
    ]


def _href(asked: Mapping[str, str], **changes: str | None) -> str:
    query = {name: value for name, value in {**asked, **changes}.items() if value}
    return f"/machines?{urlencode(query)}" if query else "/machines"
