"""Machines: those that wait on top, then all others, page by page (M-3, M-8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import reflex as rx

from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.page import PageRequest
from strongroom_core.machines.listing import count_machines, list_machines
from strongroom_core.machines.views import MachineState
from strongroom_dashboard.components.filter import FilterOption
from strongroom_dashboard.states.counting import counted
from strongroom_dashboard.states.rights import why_not
from strongroom_dashboard.states.screen import Screen, sentence
from strongroom_dashboard.states.waiting import Waiting, waiting_of

if TYPE_CHECKING:
    from strongroom_core.machines.views import MachineCounts, MachineView
    from strongroom_dashboard.door import Call

ROWS = 50
CARDS = 10
"""Waiting machines that get a card at once; the next ones follow as these are decided."""

STATES = {MachineState.ENABLED: "Enabled", MachineState.DISABLED: "Disabled"}


@dataclass(frozen=True)
class MachineRow:
    """One machine in the table. `seen` is empty for one that never read."""

    id: str
    href: str
    name: str
    hostname: str
    enabled: bool
    seen: str
    secrets: str
    projects: str
    registered: str


class MachineList(Screen, rx.State):
    """The machines of a vault."""

    sentence: str = ""
    waiting: list[Waiting] = []
    waiting_more: str = ""
    rows: list[MachineRow] = []
    total: str = "0"
    there_are: bool = False
    q: str = ""
    chosen: str = ""
    clear: str = "/machines"
    options: list[FilterOption] = []
    filtered: bool = False
    filter_problem: str = ""
    older: str = ""
    newest: str = ""
    may_not: str = ""
    asked_to_add: bool = False

    async def _fill(self, call: Call) -> None:
        asked = {name: text for name in ("q", "state") if (text := self._asked(name))}
        after = self._asked("after")
        counts = await count_machines(call.core, call.caller)
        self.may_not = why_not(call, VaultCapability.MACHINES_MANAGE)
        self.asked_to_add = self._asked("new") == "machine" and not self.may_not
        self.there_are = counts.enabled + counts.disabled > 0
        self.total = f"{counts.enabled + counts.disabled:,}"
        self.sentence = sentence_of(counts)
        await self._show_waiting(call, counts.pending)
        self.q, self.filtered = asked.get("q", ""), bool(asked)
        self.options = options_of(asked, counts)
        self.chosen = next((each["text"] for each in self.options if each["current"]), "")
        self.clear = _href({name: text for name, text in asked.items() if name != "state"})
        await self._show_rows(call, asked, after)

    async def _show_waiting(self, call: Call, pending: int) -> None:
        self.waiting, self.waiting_more = [], ""
        if pending == 0:
            return
        page = PageRequest(limit=CARDS)
        found = (await list_machines(call.core, call.caller, page, pending=True)).items
        total = max(pending, len(found))
        self.waiting = [
            waiting_of(machine, place=f"{number} of {total}" if total > 1 else "")
            for number, machine in enumerate(found, start=1)
        ]
        if total > len(found):
            self.waiting_more = f"{counted(total - len(found), 'more machine')} wait behind these."

    async def _show_rows(self, call: Call, asked: Mapping[str, str], after: str) -> None:
        self.rows, self.filter_problem = [], ""
        self.older, self.newest = "", _href(asked) if after else ""
        try:
            page = PageRequest.parse(limit=ROWS, cursor=after or None, keys=2)
            found = await list_machines(
                call.core,
                call.caller,
                page,
                pending=False,
                state=state_of(asked.get("state", "")),
                prefix=asked.get("q"),
            )
        except Invalid as error:
            self.filter_problem = sentence(error.message)
            return
        self.rows = [row_of(machine) for machine in found.items]
        self.older = _href(asked, after=found.next_cursor) if found.next_cursor else ""


def state_of(asked: str) -> MachineState | None:
    """Return the state that the URL names. Raises `Invalid` for one that is not in the table."""
    if not asked:
        return None
    if asked not in STATES:
        raise Invalid("there is no such state: enabled or disabled", field="state")
    return MachineState(asked)


def row_of(machine: MachineView) -> MachineRow:
    """Return a machine's line."""
    return MachineRow(
        id=str(machine.id),
        href=f"/machines/{machine.id}",
        name=machine.name,
        hostname="" if machine.hostname == machine.name else machine.hostname,
        enabled=machine.enabled,
        seen=machine.last_seen_at.isoformat() if machine.last_seen_at is not None else "",
        secrets=f"{machine.grants:,}",
        projects=f"{machine.projects:,}",
        registered=machine.registered_at.isoformat(),
    )


def sentence_of(counts: MachineCounts) -> str:
    """Say how things stand with the machines."""
    total = counts.enabled + counts.disabled
    if total == 0:
        return "A machine proves itself by its own key, and reads only the secrets named for it."
    if total == 1:
        known = "1 machine that may sign a read. It reads only the secrets named for it."
    else:
        known = (
            f"{total:,} machines that may sign a read. Each reads only the secrets named for it."
        )
    if counts.disabled == 0:
        return known
    return f"{known} {counts.disabled:,} {'is' if counts.disabled == 1 else 'are'} disabled."


def options_of(asked: Mapping[str, str], counts: MachineCounts) -> list[FilterOption]:
    """Return the states one can choose, each with its number and its URL."""
    numbers = {MachineState.ENABLED: counts.enabled, MachineState.DISABLED: counts.disabled}
    return [
        FilterOption(
            text=text,
            href=_href({**asked, "state": state.value}),
            count=f"{numbers[state]:,}",
            current=asked.get("state") == state.value,
        )
        for state, text in STATES.items()
    ]


def _href(asked: Mapping[str, str], **changes: str | None) -> str:
    query = {name: value for name, value in {**asked, **changes}.items() if value}
    return f"/machines?{urlencode(query)}" if query else "/machines"
