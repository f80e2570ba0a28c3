"""A frozen project's way back: what happened, what is known to others, and who is refused (V-4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.errors import Conflict
from strongroom_core.kernel.ids import ProjectId
from strongroom_core.record.recovery import read_recovery
from strongroom_dashboard.states.counting import counted
from strongroom_dashboard.states.frozen_rows import (
    ExposedRow,
    Moment,
    ReaderRow,
    RefusedRow,
    Told,
    actor_of,
    exposed_row,
    moment,
    reader_row,
    refused_row,
)
from strongroom_dashboard.states.project_head import ProjectHead
from strongroom_dashboard.states.rights import why_not

if TYPE_CHECKING:
    from strongroom_core.kernel.caller import Human
    from strongroom_core.record.views import FreezeRecord, Recovery
    from strongroom_dashboard.door import Call


class FrozenProject(ProjectHead, rx.State):
    """The recovery of the project that the URL names."""

    is_frozen: bool = False
    has_record: bool = False
    since: str = ""
    story: str = ""
    refused: str = "0"
    refused_text: str = ""
    exposed_count: str = "0"
    exposed_text: str = ""
    reader_count: str = "0"
    reader_text: str = ""
    done_text: str = ""
    stop_state: str = "later"
    stop_text: str = ""
    replace_state: str = "later"
    replace_text: str = ""
    tell_state: str = "later"
    lift_state: str = "later"
    lift_text: str = ""
    lifted_text: str = ""
    open_text: str = ""
    readers: list[ReaderRow] = []
    more_readers: str = ""
    exposed: list[ExposedRow] = []
    more_exposed: str = ""
    accounts: list[Told] = []
    happened: list[Moment] = []
    refused_now: list[RefusedRow] = []
    why_not_explain: str = ""
    why_not_lift: str = ""
    why_not_disable: str = ""

    async def _fill(self, call: Call) -> None:
        self._clear()
        await self._fill_head(call)
        self.why_not_explain = why_not(call, VaultCapability.PROJECTS_FREEZE)
        self.why_not_lift = why_not(call, VaultCapability.PROJECTS_UNFREEZE)
        self.why_not_disable = why_not(call, VaultCapability.MACHINES_MANAGE)
        if not self.head.frozen_since:
            return
        try:
            recovery = await read_recovery(call.core, call.caller, ProjectId(self.head.id))
        except Conflict:
            # It was lifted between the two looks.
            return
        self.is_frozen, self.since = True, recovery.since.isoformat()
        self.story = _story(recovery)
        self.lift_text = _lifting(recovery)
        self.lifted_text = f"{counted(recovery.machines, 'machine')} may read again."
        if recovery.record is not None:
            self._show(recovery.record, call.caller)

    def _clear(self) -> None:
        self.is_frozen = self.has_record = False
        self.readers, self.exposed, self.accounts = [], [], []
        self.happened, self.refused_now = [], []
        self.refused = self.exposed_count = self.reader_count = "0"
        self.story = self.since = self.done_text = self.open_text = self.lift_text = ""
        self.more_readers = self.more_exposed = self.stop_text = self.replace_text = ""
        self.stop_state = self.replace_state = self.tell_state = self.lift_state = "later"

    def _show(self, record: FreezeRecord, reader: Human) -> None:
        self.has_record = True
        self._count(record)
        self._step(record)
        self.readers = [reader_row(each) for each in record.readers]
        self.exposed = [exposed_row(self.head.id, each) for each in record.exposed]
        self.more_readers = _more(record.readers_number, len(self.readers), "machine")
        self.more_exposed = _more(record.exposed_number, len(self.exposed), "secret")
        self.accounts = [
            Told(each.at.isoformat(), actor_of(each, reader), str(each.detail.get("account", "")))
            for each in record.accounts
        ]
        self.happened = [moment(each, reader) for each in [*record.before, *record.after]]
        self.refused_now = [refused_row(each) for each in record.refused_now]

    def _count(self, record: FreezeRecord) -> None:
        self.refused = f"{record.refused:,}"
        machines = counted(record.refused_machines, "machine")
        asked = f", from {machines}" if record.refused else ""
        self.refused_text = f"{_noun(record.refused, 'read')} refused since{asked}"
        self.exposed_count = f"{record.exposed_number:,}"
        self.exposed_text = f"{_noun(record.exposed_number, 'secret')} read in the 24 h before"
        self.reader_count = f"{record.readers_number:,}"
        self.reader_text = f"{_noun(record.readers_number, 'machine')} read them"

    def _step(self, record: FreezeRecord) -> None:
        stopped = sum(each.state != "enabled" for each in record.readers)
        replaced = record.exposed_number - record.exposed_open
        done = (
            not record.readers or stopped > 0,
            record.exposed_open == 0,
            bool(record.accounts),
        )
        states = states_of(done)
        self.stop_state, self.replace_state, self.tell_state, self.lift_state = states
        self.done_text = f"{sum(done)} of 4 done"
        self.stop_text = f"{stopped} of {record.readers_number:,} stopped" if record.readers else ""
        self.replace_text = (
            f"{replaced:,} of {record.exposed_number:,} replaced" if record.exposed_number else ""
        )
        self.open_text = (
            f"{counted(record.exposed_open, 'secret')} of step 2"
            f" {'is' if record.exposed_open == 1 else 'are'} still to be replaced."
            if record.exposed_open
            else ""
        )


def states_of(done: tuple[bool, bool, bool]) -> list[str]:
    """Return the four steps' states: the first that is not done is the one to do now."""
    states = ["done" if each else "later" for each in (*done, False)]
    states[states.index("later")] = "now"
    return states


def _story(recovery: Recovery) -> str:
    by = recovery.by or "Somebody"
    return f"{by} froze it at {recovery.since:%H:%M:%S} UTC on {recovery.since.day} {recovery.since:%b}"


def _lifting(recovery: Recovery) -> str:
    if not recovery.machines:
        return "No machine may read here, so none starts again when the freeze is lifted."
    verb = "starts" if recovery.machines == 1 else "start"
    return f"{counted(recovery.machines, 'machine')} {verb} reading again at once."


def _noun(number: int, noun: str) -> str:
    return noun if number == 1 else f"{noun}s"


def _more(number: int, shown: int, noun: str) -> str:
    return f"and {counted(number - shown, noun)} more" if number > shown else ""
