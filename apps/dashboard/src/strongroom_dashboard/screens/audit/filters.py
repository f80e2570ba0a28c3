"""The audit log's filters, parsed from the URL and turned into URLs (L-4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from strongroom_core.access.action_table import ACTIONS
from strongroom_core.access.entry import Outcome, Severity
from strongroom_core.audit.filter import OUTCOMES, SEVERITIES, EntryFilter, words_of
from strongroom_core.audit.wording import name_of, place_of
from strongroom_core.kernel.errors import Invalid
from strongroom_dashboard.components.filter import FilterOption
from strongroom_dashboard.screens.action_words import action_label

if TYPE_CHECKING:
    from strongroom_core.audit.views import EntryView

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
    "until",
)
"""The filters that a URL can contain."""

ACTORS = {"user": "People", "machine": "Machines", "system": "System", "external": "Unknown"}
SINCE = {"1h": "Last hour", "24h": "Last 24 hours", "7d": "Last 7 days", "30d": "Last 30 days"}
SPANS = {
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}


def action_choices() -> tuple[tuple[str, str], ...]:
    """Return the actions that a vault's log can contain, with their labels, sorted by label."""
    logged = (each for each in ACTIONS.values() if each.in_vaults or not each.installation)
    choices = ((each.name, action_label(each.name)) for each in logged)
    return tuple(sorted(choices, key=lambda choice: choice[1].casefold()))


@dataclass(frozen=True)
class Menu:
    """One filter: its label, the chosen option, and all options. The label ends with the time `at`."""

    id: str
    label: str
    chosen: str
    clear: str
    options: list[FilterOption]
    at: str = ""


def filter_of(asked: Mapping[str, str], now: datetime) -> EntryFilter:
    """Return the filter that a URL contains. Raises `Invalid`."""
    wanted = EntryFilter(
        q=asked.get("q"),
        actor_kind=asked.get("actor"),
        project=asked.get("project"),
        machine=asked.get("machine"),
        target_id=asked.get("target"),
        address=asked.get("address"),
    )
    if (text := asked.get("severity")) is not None:
        wanted = replace(wanted, severities=words_of(text, SEVERITIES, "severity"))
    if (text := asked.get("action")) is not None:
        wanted = replace(wanted, actions=words_of(text, ACTIONS, "action"))
    if (text := asked.get("outcome")) is not None:
        (outcome,) = words_of(text.split(",", maxsplit=1)[0], OUTCOMES, "outcome")
        wanted = replace(wanted, outcome=outcome)
    if (text := asked.get("since")) is not None:
        wanted = replace(wanted, since=now - SPANS[text] if text in SPANS else _time(text, "since"))
    if (text := asked.get("until")) is not None:
        wanted = replace(wanted, until=_time(text, "until"))
    return wanted


def _time(text: str, name: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        problem = f"{name} must be a time such as 2026-01-31T08:00:00Z"
        if name == "since":
            problem += f", or one of {', '.join(SPANS)}"
        raise Invalid(problem, field=name) from None


def href_of(asked: Mapping[str, str], **changes: str | None) -> str:
    """Return the list's URL with some parameters changed. An empty value removes the parameter."""
    query = {**asked, **changes}
    text = urlencode({name: value for name, value in query.items() if value})
    return f"/audit?{text}" if text else "/audit"


def menus_of(asked: Mapping[str, str]) -> list[Menu]:
    """Return the filter menus. Each option is a URL."""
    severities = {severity.value: severity.value.capitalize() for severity in Severity}
    outcomes = {Outcome.DONE.value: "Done", Outcome.REFUSED.value: "Denied"}
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
        chosen=choices.get(chosen, "" if name == "since" else chosen),
        clear=href_of(rest),
        options=[
            FilterOption(
                text=text, href=href_of(rest, **{name: value}), count="", current=value == chosen
            )
            for value, text in choices.items()
        ],
    )


def chips_of(asked: Mapping[str, str], entries: Sequence[EntryView]) -> list[Menu]:
    """Return the filters without a menu, which come from links on other screens.

    Names are looked up in the matching events, because the URL contains only IDs.
    """
    names = {
        "project": "Project",
        "machine": "Machine",
        "target": "Object",
        "action": "Action",
        "address": "IP address",
    }
    called = _names_in(entries)
    return [
        Menu(
            id=name,
            label=f"{label}: {called.get(asked[name], asked[name])}",
            chosen="",
            clear=href_of({key: value for key, value in asked.items() if key != name}),
            options=[],
        )
        for name, label in names.items()
        if name in asked
    ] + [
        Menu(
            id=name,
            label=f"{label} ",
            chosen="",
            clear=href_of({key: value for key, value in asked.items() if key != name}),
            options=[],
            at=asked[name],
        )
        for name, label in {"since": "From", "until": "Until"}.items()
        if asked.get(name, "1h") not in SPANS
    ]


def _names_in(entries: Sequence[EntryView]) -> dict[str, str]:
    """Return the names of these events' objects by ID, and the labels of their actions."""
    named = {name: action_label(name) for name in ACTIONS}
    for entry in reversed(entries):
        pairs = (
            (entry.target_id, name_of(entry)),
            (entry.actor_id, entry.actor_name),
            (entry.project_id, place_of(entry)),
            (entry.detail.get("machine"), entry.detail.get("machine_name")),
        )
        named |= {str(key): str(name) for key, name in pairs if key and name}
    return named


def export_of(asked: Mapping[str, str], now: datetime) -> str:
    """Return the query for exporting the same events through the API."""
    query = dict(asked)
    if (span := SPANS.get(query.pop("since", ""))) is not None:
        query["since"] = (now - span).isoformat()
    return urlencode(query)
