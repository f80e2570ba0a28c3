"""The audit log: filters in the URL, live at its head, one entry in the drawer (L-4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import reflex as rx

from strongroom_core.access.actions import Action
from strongroom_core.audit.entry import Outcome, Severity
from strongroom_core.kernel.errors import Invalid, NotFound
from strongroom_core.kernel.page import PageRequest
from strongroom_core.record.filter import EntryFilter
from strongroom_core.record.list import KEYS, list_entries
from strongroom_core.record.read import read_entry
from strongroom_core.record.wording import place_of, wording_of
from strongroom_dashboard.components.filter import FilterOption
from strongroom_dashboard.states.screen import Screen, sentence

if TYPE_CHECKING:
    from strongroom_core.record.views import EntryInPlace, EntryView
    from strongroom_dashboard.door import Call

ROWS = 50
FILTERS = (
    "q",
    "severity",
    "actor",
    "action",
    "outcome",
    "project",
    "machine",
    "target",
    "address",
    "since",
)
"""What the URL can narrow the list by."""

ACTORS = {"user": "People", "machine": "Machines", "system": "The server", "external": "Strangers"}
ACTOR_KINDS = {"user": "person", "ai_agent": "AI agent", "external": "stranger"}
SINCE = {"1h": "Last hour", "24h": "Last 24 hours", "7d": "Last 7 days", "30d": "Last 30 days"}
SPANS = {
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}


@dataclass(frozen=True)
class Row:
    """One entry in the table."""

    id: str
    at: str
    clock: str
    severity: str
    actor_kind: str
    actor: str
    action: str
    target: str
    place: str
    refused: str
    href: str
    selected: bool


@dataclass(frozen=True)
class Fact:
    """One line of an entry's particulars."""

    label: str
    text: str


@dataclass(frozen=True)
class Opened:
    """The entry in the drawer."""

    missing: bool = False
    title: str = ""
    sentence: str = ""
    severity: str = "info"
    refused: str = ""
    at: str = ""
    actor_kind: str = "user"
    actor: str = ""
    actor_href: str = ""
    facts: list[Fact] = field(default_factory=list[Fact])
    older: str = ""
    newer: str = ""


@dataclass(frozen=True)
class Menu:
    """One filter: what it is called, what is chosen, and what can be."""

    id: str
    label: str
    chosen: str
    clear: str
    options: list[FilterOption]


class AuditLog(Screen, rx.State):
    """The record of a vault."""

    rows: list[Row] = []
    q: str = ""
    menus: list[Menu] = []
    chips: list[Menu] = []
    older: str = ""
    newest: str = ""
    close: str = "/audit"
    is_open: bool = False
    opened: Opened = Opened()
    export: str = ""
    filter_problem: str = ""
    filtered: bool = False

    async def _fill(self, call: Call) -> None:
        asked = {name: text for name in FILTERS if (text := self._asked(name))}
        after, entry = self._asked("after"), self._asked("entry")
        self.q, self.filtered = asked.get("q", ""), bool(asked)
        self.filter_problem = ""
        try:
            wanted = filter_of(asked, call.core.clock.now())
            page = PageRequest.parse(limit=ROWS, cursor=after or None, keys=KEYS)
            found = await list_entries(call.core, call.caller, page, wanted)
        except Invalid as error:
            self.filter_problem, self.rows, self.older = sentence(error.message), [], ""
            self.chips = chips_of(asked, [])
        else:
            self.rows = [
                _row(each, asked, after, selected=str(each.id) == entry) for each in found.items
            ]
            self.older = _href(asked, after=found.next_cursor) if found.next_cursor else ""
            self.chips = chips_of(asked, found.items)
        self.newest = _href(asked) if after else ""
        self.close = _href(asked, after=after)
        self.menus = menus_of(asked)
        self.export = export_of(asked, call.core.clock.now())
        self.is_open = bool(entry)
        if not entry:
            self.opened = Opened()
        elif not (self.opened.missing and self._is_known_absent(call)):
            self.opened = await self._open(call, entry, asked, after)

    async def _open(self, call: Call, entry: str, asked: Mapping[str, str], after: str) -> Opened:
        try:
            place = await read_entry(call.core, call.caller, entry)
        except NotFound:
            self._note_absent()
            return Opened(
                missing=True,
                title="No such entry",
                sentence="There is no such entry in this vault, or it is older than what is kept.",
            )
        return _opened(place, asked, after)


def filter_of(asked: Mapping[str, str], now: datetime) -> EntryFilter:
    """Return the filter that a URL means. Raises `Invalid` for what it cannot."""
    wanted = EntryFilter(
        q=asked.get("q"),
        actor_kind=asked.get("actor"),
        project=asked.get("project"),
        machine=asked.get("machine"),
        target_id=asked.get("target"),
        address=asked.get("address"),
    )
    if (text := asked.get("severity")) is not None:
        wanted = replace(wanted, severities=_members(Severity, text, "severity"))
    if (text := asked.get("action")) is not None:
        wanted = replace(wanted, actions=_members(Action, text, "action"))
    if (text := asked.get("outcome")) is not None:
        (outcome,) = _members(Outcome, text.split(",", maxsplit=1)[0], "outcome")
        wanted = replace(wanted, outcome=outcome)
    if (text := asked.get("since")) is not None:
        if text not in SPANS:
            raise Invalid(f"the time is one of {', '.join(SPANS)}", field="since")
        wanted = replace(wanted, since=now - SPANS[text])
    return wanted


def _members(kind: type, text: str, name: str) -> frozenset:
    try:
        return frozenset(kind(word) for word in text.split(","))
    except ValueError:
        raise Invalid(f"there is no such {name}", field=name) from None


def _href(asked: Mapping[str, str], **changes: str | None) -> str:
    query = {**asked, **changes}
    text = urlencode({name: value for name, value in query.items() if value})
    return f"/audit?{text}" if text else "/audit"


def _row(entry: EntryView, asked: Mapping[str, str], after: str, *, selected: bool) -> Row:
    place, about_project = place_of(entry) or "", entry.target_kind == "project"
    return Row(
        id=str(entry.id),
        at=entry.at.isoformat(),
        clock=f"{entry.at:%H:%M:%S}",
        severity=entry.severity.value,
        actor_kind=entry.actor_kind,
        actor=entry.actor_name,
        action=entry.action,
        target=place if about_project and place else entry.target_name or "",
        place="" if about_project or not place else f"in {place}",
        refused="Refused" if entry.outcome is Outcome.REFUSED else "",
        href=_href(asked, after=after, entry=str(entry.id)),
        selected=selected,
    )


def _opened(place: EntryInPlace, asked: Mapping[str, str], after: str) -> Opened:
    entry = place.entry
    facts = [
        Fact(
            "Time",
            f"{entry.at.astimezone(UTC):%d %b %Y, %H:%M:%S}.{entry.at.microsecond // 1000:03} UTC",
        ),
        Fact(
            "Actor", f"{entry.actor_name} ({ACTOR_KINDS.get(entry.actor_kind, entry.actor_kind)})"
        ),
        Fact("Action", entry.action),
        Fact("Project", place_of(entry) or ""),
        Fact("Source", entry.address + (f", {entry.country}" if entry.country else "")),
        Fact("Request", entry.request_id),
        Fact("Entry", str(entry.id)),
        *(Fact(_label(name), _text(value)) for name, value in sorted(entry.detail.items())),
    ]
    return Opened(
        title=entry.target_name or entry.action,
        sentence=f"{entry.actor_name} {wording_of(entry)}.",
        severity=entry.severity.value,
        refused="Refused" if entry.outcome is Outcome.REFUSED else "",
        at=entry.at.isoformat(),
        actor_kind=entry.actor_kind,
        actor=entry.actor_name,
        actor_href=f"/machines/{entry.actor_id}" if entry.actor_kind == "machine" else "",
        facts=[fact for fact in facts if fact.text],
        older=_href(asked, after=after, entry=str(place.previous)) if place.previous else "",
        newer=_href(asked, after=after, entry=str(place.next)) if place.next else "",
    )


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _text(value: object) -> str:
    return ", ".join(str(each) for each in value) if isinstance(value, list) else str(value)


def menus_of(asked: Mapping[str, str]) -> list[Menu]:
    """Return the filters with what can be chosen, each choice a URL."""
    severities = {severity.value: severity.value.capitalize() for severity in Severity}
    outcomes = {Outcome.DONE.value: "Done", Outcome.REFUSED.value: "Refused"}
    return [
        _menu("severity", "Severity", severities, asked),
        _menu("actor", "Actor", ACTORS, asked),
        _menu("outcome", "Outcome", outcomes, asked),
        _menu("since", "Time", SINCE, asked),
    ]


def _menu(name: str, label: str, choices: Mapping[str, str], asked: Mapping[str, str]) -> Menu:
    rest = {key: value for key, value in asked.items() if key != name}
    chosen = asked.get(name, "")
    return Menu(
        id=f"filter-{name}",
        label=label,
        chosen=choices.get(chosen, chosen),
        clear=_href(rest),
        options=[
            FilterOption(
                text=text, href=_href(rest, **{name: value}), count="", current=value == chosen
            )
            for value, text in choices.items()
        ],
    )


def chips_of(asked: Mapping[str, str], entries: Sequence[EntryView]) -> list[Menu]:
    """Return what else the URL narrows by, which has no menu: it comes from links on other screens.

    What an id is called is known from the entries it let through.
    """
    names = {
        "project": "Project",
        "machine": "Machine",
        "target": "Object",
        "action": "Action",
        "address": "Address",
    }
    called = _names_in(entries)
    return [
        Menu(
            id=name,
            label=f"{label}: {called.get(asked[name], asked[name])}",
            chosen="",
            clear=_href({key: value for key, value in asked.items() if key != name}),
            options=[],
        )
        for name, label in names.items()
        if name in asked
    ]


def _names_in(entries: Sequence[EntryView]) -> dict[str, str]:
    """Return what the objects of these entries are called, by id, and actions in words."""
    named = {action.value: action.value.replace("_", " ") for action in Action}
    for entry in reversed(entries):
        pairs = (
            (entry.target_id, entry.target_name),
            (entry.actor_id, entry.actor_name),
            (entry.project_id, place_of(entry)),
            (entry.detail.get("machine"), entry.detail.get("machine_name")),
        )
        named |= {str(key): str(name) for key, name in pairs if key and name}
    return named


def export_of(asked: Mapping[str, str], now: datetime) -> str:
    """Return the query with which the API exports the same entries; it has the same names."""
    query = dict(asked)
    if (span := SPANS.get(query.pop("since", ""))) is not None:
        query["since"] = (now - span).isoformat()
    return urlencode(query)
