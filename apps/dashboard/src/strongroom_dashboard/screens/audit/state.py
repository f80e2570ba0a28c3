"""The audit log: its filters are in the URL, its first page is live, its drawer shows one event (L-4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import reflex as rx

from strongroom_core.access.actions.secrets import SECRET_READ_DENIED
from strongroom_core.access.entry import Outcome
from strongroom_core.audit.fold import Fold, fold_reads
from strongroom_core.audit.list import list_entries
from strongroom_core.audit.read import read_entry
from strongroom_core.audit.wording import name_of, place_of, wording_of
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.errors import Invalid, NotFound
from strongroom_core.kernel.page import Page, PageRequest
from strongroom_core.machines.listing import list_machines
from strongroom_core.projects.listing import list_projects
from strongroom_dashboard.components.feed import FeedEntry
from strongroom_dashboard.components.fields import Option
from strongroom_dashboard.screens.audit.filters import (
    FILTERS,
    Menu,
    chips_of,
    export_of,
    filter_of,
    href_of,
    menus_of,
)
from strongroom_dashboard.screens.project_head import full_name_of
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.wording import line_of, sentence
from strongroom_wire.errors import Code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.audit.filter import EntryFilter
    from strongroom_core.audit.views import EntryInPlace, EntryView
    from strongroom_dashboard.event_session import Call

ROWS = 50
MOST_EVENTS = 200
"""The maximum number of events loaded for one page, if its reads fold into few rows."""
MOST_TO_CHOOSE = 200
"""The number of projects, and the number of machines, that the filters offer."""
_LABELS = {
    "machine": "machine_id",
    "machine_name": "machine",
    "replaces": "replaced_machine_id",
    "replaces_name": "replaced_machine",
    "project": "project_id",
    "application": "application_id",
    "token": "token_id",
    "account": "summary",
    "given": "access_given",
    "taken": "access_removed",
    "granted": "secrets_granted",
    "cut": "incomplete",
}
"""Details whose names would be unclear to people."""
_SPELLED = {"id": "ID", "ids": "IDs"}
ACTOR_KINDS = {"user": "person", "ai_agent": "AI agent", "external": "unknown client"}


@dataclass(frozen=True)
class Row:
    """One event in the table, as a sentence, or identical reads that are folded into one row.

    `times` is the number of reads in a folded row, and `unfold` is the URL that shows or hides them. `inner`
    marks one of those reads.
    """

    id: str
    at: str
    severity: str
    line: FeedEntry
    action: str
    denied: str
    href: str
    selected: bool
    times: str = ""
    unfold: str = ""
    unfolded: bool = False
    inner: bool = False


@dataclass(frozen=True)
class Fact:
    """One detail of an event."""

    label: str
    text: str


@dataclass(frozen=True)
class Opened:
    """The event in the drawer."""

    missing: bool = False
    title: str = ""
    sentence: str = ""
    severity: str = "info"
    denied: str = ""
    at: str = ""
    actor_kind: str = "user"
    actor: str = ""
    actor_href: str = ""
    explain: str = ""
    """The URL that explains why a read would be denied now."""
    facts: list[Fact] = field(default_factory=list[Fact])
    older: str = ""
    newer: str = ""


class AuditLog(Screen, rx.State):
    """The audit log of a vault."""

    rows: list[Row] = []
    events: int = 0
    q: str = ""
    menus: list[Menu] = []
    projects: list[Option] = []
    machines: list[Option] = []
    chips: list[Menu] = []
    older: str = ""
    newer: str = ""
    newest: str = ""
    close: str = "/audit"
    is_open: bool = False
    opened: Opened = Opened()
    export: str = ""
    filter_problem: str = ""
    filtered: bool = False

    async def _fill(self, call: Call) -> None:
        asked = {name: text for name in FILTERS if (text := self._asked(name))}
        after, entry = self._asked("cursor"), self._asked("entry")
        self.q, self.filtered = asked.get("q", ""), bool(asked)
        self.filter_problem = ""
        try:
            wanted = filter_of(asked, call.core.clock.now())
            found = await _page(call, after, wanted)
        except Invalid as error:
            self.filter_problem, self.rows = sentence(error.message), []
            self.older = self.newer = ""
            self.events = 0
            self.chips = chips_of(asked, [])
        else:
            self.events = len(found.items)
            self.rows = rows_of(
                found.items, asked, after=after, selected=entry, unfolded=self._asked("unfold")
            )
            self.older = href_of(asked, cursor=found.next_cursor) if found.next_cursor else ""
            self.newer = (
                href_of(asked, cursor=found.previous_cursor) if found.previous_cursor else ""
            )
            self.chips = chips_of(asked, found.items)
        await self._offer(call)
        self.newest = href_of(asked) if after else ""
        self.close = href_of(asked, cursor=after)
        self.menus = menus_of(asked)
        self.export = export_of(asked, call.core.clock.now())
        self.is_open = bool(entry)
        if not entry:
            self.opened = Opened()
        elif not (self.opened.missing and self._is_known_absent(call)):
            self.opened = await self._open(call, entry, asked, after)

    async def _offer(self, call: Call) -> None:
        """List the projects and machines that the filters offer."""
        page = PageRequest(limit=MOST_TO_CHOOSE)
        found = await list_projects(call.core, call.caller, page)
        names = sorted((full_name_of(each), each.id) for each in found.items)
        self.projects = [Option(value=project, text=name) for name, project in names]
        self.machines = []
        if VaultCapability.MACHINES_VIEW in call.caller.authority.vault:
            machines = await list_machines(call.core, call.caller, page, pending=False)
            known = sorted((each.name, str(each.id)) for each in machines.items)
            self.machines = [Option(value=machine, text=name) for name, machine in known]

    def _has_feed(self) -> bool:
        return not self._asked("cursor")

    def _linked_vault(self) -> str:
        return self._asked("vault")

    async def _open(self, call: Call, entry: str, asked: Mapping[str, str], after: str) -> Opened:
        try:
            place = await read_entry(call.core, call.caller, entry)
        except NotFound:
            self._note_absent()
            return Opened(
                missing=True,
                title="Event not found",
                sentence="Event not found, or past its retention period.",
            )
        return _opened(place, asked, after)


def rows_of(
    entries: Sequence[EntryView],
    asked: Mapping[str, str],
    *,
    after: str = "",
    selected: str = "",
    unfolded: str = "",
) -> list[Row]:
    """Return the rows of one page. The fold that contains the event `unfolded` also lists its events."""
    rows: list[Row] = []
    for folded in fold_reads(entries):
        ids = [str(each.id) for each in folded.entries]
        is_open = folded.times > 1 and unfolded in ids
        head = _row(folded, asked, after, selected=ids[0] == selected)
        if folded.times > 1:
            # A folded row is identified by its oldest event, because newer events may be added to it.
            toggle = href_of(asked, cursor=after, unfold="" if is_open else ids[-1])
            head = replace(head, times=head.line["times"], unfold=toggle, unfolded=is_open)
        rows.append(head)
        if is_open:
            rows += [
                replace(
                    _row(Fold([each]), asked, after, selected=str(each.id) == selected),
                    id=f"{each.id}-inner",
                    inner=True,
                )
                for each in folded.entries
            ]
    return rows


async def _page(call: Call, after: str, wanted: EntryFilter) -> Page[EntryView]:
    """Return a page of events. If most of them fold into few rows, it contains up to `MOST_EVENTS`."""
    page = PageRequest.parse(limit=ROWS, cursor=after or None)
    found = await list_entries(call.core, call.caller, page, wanted)
    backward = page.cursor is not None and page.cursor.backward
    while len(fold_reads(found.items)) <= ROWS // 2 and len(found.items) < MOST_EVENTS:
        cursor = found.previous_cursor if backward else found.next_cursor
        if cursor is None:
            break
        page = PageRequest.parse(limit=ROWS, cursor=cursor)
        more = await list_entries(call.core, call.caller, page, wanted)
        first, last = (more, found) if backward else (found, more)
        found = Page(
            items=[*first.items, *last.items],
            next_cursor=last.next_cursor,
            previous_cursor=first.previous_cursor,
        )
    return found


def _row(folded: Fold, asked: Mapping[str, str], after: str, *, selected: bool) -> Row:
    entry = folded.first
    return Row(
        id=str(entry.id),
        at=entry.at.isoformat(),
        severity=entry.severity.value,
        line=line_of(folded),
        action=entry.action,
        denied=denied_of(entry),
        href=href_of(asked, cursor=after, entry=str(entry.id)),
        selected=selected,
    )


def _opened(place: EntryInPlace, asked: Mapping[str, str], after: str) -> Opened:
    entry, said = place.entry, wording_of(place.entry)
    facts = [
        Fact("Actor", _actor(entry)),
        Fact("On behalf of", entry.requester_name or ""),
        Fact("Approved by", entry.approver_name or ""),
        Fact("Action", entry.action),
        Fact("Project", place_of(entry) or ""),
        Fact("Source", entry.address + (f", {entry.country}" if entry.country else "")),
        Fact("Request ID", entry.request_id),
        Fact("Event number", "" if entry.leaf is None else f"{entry.leaf:,}"),
        Fact("Event ID", str(entry.id)),
        *(Fact(label_of(name), _text(value)) for name, value in sorted(entry.detail.items())),
    ]
    return Opened(
        title=name_of(entry) or entry.action,
        sentence=f"{said.sentence(entry.actor_name)}.",
        severity=entry.severity.value,
        denied=denied_of(entry),
        at=entry.at.isoformat(),
        actor_kind=entry.actor_kind,
        actor=entry.actor_name,
        actor_href=f"/machines/{entry.actor_id}" if entry.actor_kind == "machine" else "",
        explain=_explanation_of(entry),
        facts=[fact for fact in facts if fact.text],
        older=href_of(asked, cursor=after, entry=str(place.previous)) if place.previous else "",
        newer=href_of(asked, cursor=after, entry=str(place.next)) if place.next else "",
    )


def _explanation_of(entry: EntryView) -> str:
    """Return the URL that explains a machine's denied read, if the secret still exists."""
    if entry.action != SECRET_READ_DENIED.name or not (entry.project_id and entry.target_id):
        return ""
    query = f"secret={entry.target_id}&machine={entry.actor_id}"
    return f"/projects/{entry.project_id}/access?{query}"


def denied_of(entry: EntryView) -> str:
    """Return the badge for an event that had no effect, or an empty string."""
    if entry.outcome is not Outcome.REFUSED:
        return ""
    return "Not found" if entry.reason == Code.NOT_FOUND else "Denied"


def _actor(entry: EntryView) -> str:
    """Return the actor's name and kind, or only the name if the two are the same."""
    kind = ACTOR_KINDS.get(entry.actor_kind, entry.actor_kind)
    return entry.actor_name if entry.actor_name == kind else f"{entry.actor_name} ({kind})"


def label_of(name: str) -> str:
    """Return a detail's label: `machine_ids` becomes *Machine IDs*."""
    first, *rest = _LABELS.get(name, name).split("_")
    return " ".join([first.capitalize(), *(_SPELLED.get(word, word) for word in rest)])


def _text(value: str | int | list[str] | None) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
