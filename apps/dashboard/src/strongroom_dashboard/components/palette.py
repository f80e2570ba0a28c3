"""The command palette: search results first, then commands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import reflex as rx

from strongroom_core.kernel.limits import SEARCH_LENGTH
from strongroom_dashboard.components.custom import PlacesElement, attributes
from strongroom_dashboard.components.dialog import dialog
from strongroom_dashboard.components.kinds import Text
from strongroom_dashboard.components.mark import icon as drawn

PALETTE = "sr-palette"
KEYS = "sr-keys"


class Hit(TypedDict):
    """A search result: its kind, name, place and URL."""

    kind: str
    name: str
    where: str
    href: str


class Group(TypedDict):
    """Search results of one kind."""

    title: str
    hits: list[Hit]


@dataclass(frozen=True, slots=True)
class Command:
    """A command. The palette lists it, its keys run it on every page, and the shortcuts help shows its keys.

    It goes to a URL, opens a dialog, enters `fills` into the palette, presses the button with the ID
    `presses`, or calls a handler. `words` are other words that people may type to find it. It isn't shown to
    people for whom `place` is hidden.
    """

    text: Text
    icon: str
    words: str = ""
    keys: tuple[str, ...] = ()
    href: Text | None = None
    opens: str | None = None
    fills: str | None = None
    presses: str | None = None
    calls: Any = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class CommandGroup:
    """Commands under one heading. `here` means that they act on the object that the page is about."""

    title: Text
    commands: tuple[Command, ...]
    here: bool = False


def _kind_icon(kind: rx.Var[str]) -> rx.Component:
    return rx.fragment(
        rx.match(
            kind,
            ("secret", drawn("key-round")),
            ("machine", drawn("server")),
            ("project", drawn("folder")),
            ("application", drawn("layers")),
            ("member", drawn("user")),
            drawn("search"),
        )
    )


_SHORTCUTS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("Ctrl", "K"), "Search or run a command"),
    (("/",), "Search in this list"),
    (("j", "k"), "Next and previous row"),
    (("Enter",), "Open the row"),
    (("x",), "Select the row"),
    (("Esc",), "Close"),
)
"""Shortcuts that aren't commands. The shortcuts of commands come from the table of commands."""


def keys_of(keys: Sequence[str]) -> rx.Component:
    """Return a shortcut's keys in the order in which they are pressed."""
    return rx.fragment(*(rx.el.kbd(key) for key in keys))


def keys_dialog(commands: Sequence[CommandGroup]) -> rx.Component:
    """Return the dialog that lists the keyboard shortcuts."""
    by_command = [
        (each.keys, each.text) for group in commands for each in group.commands if each.keys
    ]
    return dialog(
        rx.el.dl(
            *(
                part
                for keys, text in [*_SHORTCUTS, *by_command]
                for part in (rx.el.dt(keys_of(keys)), rx.el.dd(text))
            ),
            class_name="keys",
            # On a phone, the list scrolls, so it must be reachable with the keyboard.
            tab_index=0,
            aria_label="Keyboard shortcuts",
        ),
        id=KEYS,
        title="Keyboard shortcuts",
    )


def _enter() -> rx.Component:
    return rx.el.kbd("Enter", aria_hidden="true")


def _hit(hit: rx.vars.ObjectVar[Hit], chosen: str) -> rx.Component:
    return rx.el.a(
        _kind_icon(hit["kind"]),
        rx.el.span(hit["name"], class_name="mono trunc"),
        rx.el.span(hit["where"], class_name="meta trunc"),
        _enter(),
        href=hit["href"],
        role="option",
        key=hit["href"],
        custom_attrs={
            "aria-selected": rx.cond(hit["href"] == chosen, "true", "false"),
            "tabindex": "-1",
        },
    )


def _group(group: rx.vars.ObjectVar[Group], chosen: str) -> rx.Component:
    return rx.el.div(
        rx.el.div(group["title"], class_name="palette-group", aria_hidden="true"),
        rx.foreach(group["hits"], lambda hit: _hit(hit, chosen)),
        role="group",
        aria_label=group["title"],
    )


def _command(command: Command) -> rx.Component:
    keys = rx.el.span(keys_of(command.keys), class_name="keys-end", aria_hidden="true")
    inside = [drawn(command.icon), rx.el.span(command.text), keys if command.keys else _enter()]
    given = attributes(
        {
            "aria-selected": "false",
            "tabindex": "-1",
            "data-command": command.text,
            "data-words": command.words or None,
            "data-keys": " ".join(command.keys) or None,
            "data-fills": command.fills,
            "data-presses": command.presses,
            "data-shows": command.opens,
            "role": "option",
        }
    )
    if command.href is not None:
        return rx.el.a(*inside, href=command.href, custom_attrs=given)
    handler = {} if command.calls is None else {"on_click": command.calls}
    return rx.el.button(*inside, type="button", custom_attrs=given, **handler)


def _shown(command: Command, hidden: rx.Var[list[str]] | None) -> rx.Component:
    made = _command(command)
    if hidden is None or not command.place:
        return made
    return rx.fragment(rx.cond(hidden.contains(command.place), rx.fragment(), made))


def _commands(group: CommandGroup, hidden: rx.Var[list[str]] | None) -> rx.Component:
    return rx.el.div(
        rx.el.div(group.title, class_name="palette-group", aria_hidden="true"),
        *(_shown(each, hidden) for each in group.commands),
        role="group",
        aria_label=group.title,
        custom_attrs={"data-commands": "", **({"data-here": ""} if group.here else {})},
    )


def _places() -> rx.Component:
    """Return the pinned and recent projects, which scripts read from this browser's localStorage."""
    return PlacesElement.create(
        rx.el.span(drawn("pin"), hidden=True), rx.el.span(drawn("history"), hidden=True)
    )


def palette(
    groups: rx.Var[list[Group]],
    on_search: Callable[[rx.Var[str]], Any] | Any,
    commands: Sequence[CommandGroup] = (),
    *,
    text: str = "",
    looked_for: rx.Var[str] | None = None,
    chosen: str = "",
    inline: bool = False,
    hidden: rx.Var[list[str]] | None = None,
) -> rx.Component:
    """Return the palette.

    Args:
        groups: The search results, from state.
        on_search: The handler that searches. It receives the text at most every 150 ms.
        commands: The commands; the page filters them.
        text: The initial text.
        looked_for: The search text to which `groups` belongs. Enter waits until this matches the typed text.
        chosen: The URL of the initially selected result.
        inline: Whether it is part of the page instead of a dialog, for the gallery.
        hidden: The places whose commands the person can't use.
    """
    listbox = f"{PALETTE}-list" if not inline else "palette-list-shown"
    field = rx.el.input(
        type="text",
        default_value=text,
        placeholder="Search or run a command",
        on_change=on_search,
        role="combobox",
        aria_label="Search or run a command",
        custom_attrs={
            "aria-expanded": "true",
            "aria-controls": listbox,
            "aria-autocomplete": "list",
            "autocomplete": "off",
            "spellcheck": "false",
            "maxlength": str(SEARCH_LENGTH),
        },
    )
    inside = [
        rx.el.div(
            drawn("search"), field, rx.el.kbd("Esc", aria_hidden="true"), class_name="palette-in"
        ),
        rx.el.div(
            rx.foreach(groups, lambda group: _group(group, chosen)),
            rx.fragment() if inline else _places(),
            *(_commands(each, hidden) for each in commands),
            class_name="palette-list",
            role="listbox",
            aria_label="Results",
            custom_attrs=attributes({"id": listbox, "data-for": looked_for}),
        ),
        rx.el.p("Nothing found. Values are never searched.", class_name="palette-none"),
        rx.el.div(
            rx.el.span(rx.el.kbd("↑"), " ", rx.el.kbd("↓"), " move"),
            rx.el.span(rx.el.kbd("Enter"), " open"),
            rx.el.span("Names, notes, tags, IDs and paths; never values", class_name="end"),
            class_name="palette-foot",
            aria_hidden="true",
        ),
    ]
    if inline:
        return rx.el.div(*inside, class_name="palette inline")
    return rx.el.dialog(
        *inside, class_name="palette", custom_attrs={"id": PALETTE, "aria-label": "Command palette"}
    )
