"""A frozen project's recovery: what happened, what was exposed, which reads are blocked (V-4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.audit.recovery import read_recovery
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.ids import ProjectId
from strongroom_core.secrets.canaries import list_canaries
from strongroom_dashboard.screens.frozen.rows import (
    BlockedRow,
    CanaryLine,
    ExposedRow,
    Moment,
    ReaderRow,
    Summary,
    actor_of,
    blocked_row,
    canary_line,
    exposed_row,
    moment,
    reader_row,
)
from strongroom_dashboard.screens.project_head import ProjectHead
from strongroom_dashboard.screens.wording import counted, why_not

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.audit.views import FreezeRecord, Recovery
    from strongroom_core.kernel.caller import Human
    from strongroom_dashboard.event_session import Call


class FrozenProject(ProjectHead, rx.State):
    """The recovery of the project from the URL."""

    is_frozen: bool = False
    has_history: bool = False
    since: str = ""
    story: str = ""
    canary: str = ""
    to_replant: list[CanaryLine] = []
    canary_state: str = "later"
    has_canary_step: bool = False
    blocked: str = "0"
    blocked_text: str = ""
    exposed_count: str = "0"
    exposed_text: str = ""
    reader_count: str = "0"
    reader_text: str = ""
    done_text: str = ""
    stop_state: str = "later"
    stop_text: str = ""
    replace_state: str = "later"
    replace_text: str = ""
    summary_state: str = "later"
    unfreeze_state: str = "later"
    unfreeze_text: str = ""
    unfrozen_text: str = ""
    open_text: str = ""
    readers: list[ReaderRow] = []
    more_readers: str = ""
    exposed: list[ExposedRow] = []
    more_exposed: str = ""
    summaries: list[Summary] = []
    happened: list[Moment] = []
    blocked_reads: list[BlockedRow] = []
    why_not_summarise: str = ""
    why_not_unfreeze: str = ""
    why_not_disable: str = ""

    async def _fill(self, call: Call) -> None:
        self._clear()
        await self._fill_head(call)
        self.why_not_summarise = why_not(call, VaultCapability.PROJECTS_FREEZE)
        self.why_not_unfreeze = why_not(call, VaultCapability.PROJECTS_UNFREEZE)
        self.why_not_disable = why_not(call, VaultCapability.MACHINES_MANAGE)
        if self.head.frozen_since:
            await self._fill_feed(call)

    def _has_feed(self) -> bool:
        return self.is_frozen

    async def _fill_feed(self, call: Call) -> None:
        recovery = await read_recovery(call.core, call.caller, ProjectId(self.head.id))
        self.is_frozen, self.since = True, recovery.since.isoformat()
        self.story = _story(recovery)
        self.unfreeze_text = _unfreezing(recovery)
        self.unfrozen_text = f"{counted(recovery.machines, 'machine')} can read again."
        if recovery.record is not None:
            await self._show_canaries(call, recovery.record)
            self._show(recovery.record, call.caller)

    async def _show_canaries(self, call: Call, record: FreezeRecord) -> None:
        """Show the re-planting step if a canary of this project was read and the person may re-plant it."""
        trip, project = record.trip, ProjectId(self.head.id)
        self.canary = (trip.target_name or "") if trip is not None else ""
        self.to_replant, self.has_canary_step = [], False
        if trip is None or trip.project_id != project or not self.head.sees_canaries:
            return
        self.has_canary_step = True
        canaries = await list_canaries(call.core, call.caller, project)
        self.to_replant = [canary_line(each) for each in canaries if each.tripped_at is not None]

    def _clear(self) -> None:
        self.is_frozen = self.has_history = False
        self.readers, self.exposed, self.summaries = [], [], []
        self.happened, self.blocked_reads = [], []
        self.blocked = self.exposed_count = self.reader_count = "0"
        self.to_replant, self.has_canary_step = [], False
        self.canary = self.story = self.since = self.done_text = self.open_text = (
            self.unfreeze_text
        ) = ""
        self.more_readers = self.more_exposed = self.stop_text = self.replace_text = ""
        self.stop_state = self.replace_state = self.summary_state = self.unfreeze_state = "later"
        self.canary_state = "later"

    def _show(self, record: FreezeRecord, reader: Human) -> None:
        self.has_history = True
        self._count(record)
        self._step(record)
        self.readers = [reader_row(each) for each in record.readers]
        self.exposed = [exposed_row(self.head.id, each) for each in record.exposed]
        self.more_readers = _more(record.readers_number, len(self.readers), "machine")
        self.more_exposed = _more(record.exposed_number, len(self.exposed), "secret")
        self.summaries = [
            Summary(
                each.at.isoformat(), actor_of(each, reader), str(each.detail.get("account", ""))
            )
            for each in record.accounts
        ]
        self.happened = [moment(each, reader) for each in [*record.before, *record.after]]
        self.blocked_reads = [blocked_row(each) for each in record.refused_now]

    def _count(self, record: FreezeRecord) -> None:
        self.blocked = f"{record.refused:,}"
        machines = counted(record.refused_machines, "machine")
        by = f", from {machines}" if record.refused else ""
        self.blocked_text = f"{_noun(record.refused, 'read')} blocked since{by}"
        self.exposed_count = f"{record.exposed_number:,}"
        self.exposed_text = f"{_noun(record.exposed_number, 'secret')} read in the 24 hours before"
        self.reader_count = f"{record.readers_number:,}"
        what = "the canary" if record.readers_number and not record.exposed_number else "them"
        self.reader_text = f"{_noun(record.readers_number, 'machine')} read {what}"

    def _step(self, record: FreezeRecord) -> None:
        stopped = sum(each.state != "enabled" for each in record.readers)
        replaced = record.exposed_number - record.exposed_open
        done = (
            not record.readers or stopped > 0,
            record.exposed_open == 0,
            bool(record.accounts),
            *([not self.to_replant] if self.has_canary_step else []),
        )
        states = states_of(done)
        self.stop_state, self.replace_state, self.summary_state, *_ = states
        self.canary_state, self.unfreeze_state = states[-2], states[-1]
        self.done_text = f"{sum(done)} of {len(states)} done"
        self.stop_text = f"{stopped} of {record.readers_number:,} stopped" if record.readers else ""
        self.replace_text = (
            f"{replaced:,} of {record.exposed_number:,} replaced" if record.exposed_number else ""
        )
        still: list[str] = []
        if not done[0]:
            still.append("no machine has been disabled")
        if record.exposed_open:
            have = "has" if record.exposed_open == 1 else "have"
            secrets = counted(record.exposed_open, "secret")
            still.append(f"{secrets} from step 2 {have} not been replaced yet")
        still += [f"{each.name} has not been re-planted" for each in self.to_replant]
        text = "; ".join(still)
        self.open_text = f"{text[0].upper()}{text[1:]}." if still else ""


def states_of(done: Sequence[bool]) -> list[str]:
    """Return the states of these steps and of the last one. The first unfinished step is the current one."""
    states = ["done" if each else "later" for each in (*done, False)]
    states[states.index("later")] = "now"
    return states


def _story(recovery: Recovery) -> str:
    """Return who froze the project. The page adds the time."""
    if recovery.by_canary:
        return _trip_story(recovery)
    return f"Frozen by {recovery.by}" if recovery.by else "Frozen"


def _trip_story(recovery: Recovery) -> str:
    trip = recovery.record.trip if recovery.record is not None else None
    return (
        f"{recovery.by} read the canary {trip.target_name}"
        if trip
        else f"{recovery.by} read a canary"
    )


def _unfreezing(recovery: Recovery) -> str:
    if not recovery.machines:
        return "No machine has access to this project."
    return f"{counted(recovery.machines, 'machine')} will regain access immediately."


def _noun(number: int, noun: str) -> str:
    return noun if number == 1 else f"{noun}s"


def _more(number: int, shown: int, noun: str) -> str:
    return f"and {counted(number - shown, noun)} more" if number > shown else ""
