"""The command palette: things first, then what one can do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import reflex as rx

from strongroom_dashboard.components.button import opening
from strongroom_dashboard.components.custom import attributes
from strongroom_dashboard.components.icon import icon as drawn

PALETTE = "sr-palette"


class Hit(TypedDict):
    """A thing that was found: its kind, its name, where it is, and its address."""

    kind: str
    name: str
    where: str
    href: str


class Group(TypedDict):
    """Things of one kind under their title."""

    title: str
    hits: list[Hit]


@dataclass(frozen=True, slots=True)
class Command:
    """Something to do: an address to go to, or the dialog that it opens."""

    text: str
    icon: str
    href: str | None = None
    opens: str | None = None


def _kind_icon(kind: rx.Var[str]) -> rx.Component:
    return rx.fragment(
        rx.match(
            kind,
            ("secret", drawn("key-round")),
            ("machine", drawn("server")),
            ("project", drawn("folder")),
            ("application", drawn("layers")),
            drawn("search"),
        )
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
    inside = [drawn(command.icon), rx.el.span(command.text), _enter()]
    given: dict[str, Any] = {
        "aria-selected": "false",
        "tabindex": "-1",
        "data-command": command.text,
        "role": "option",
    }
    if command.href is not None:
        return rx.el.a(*inside, href=command.href, custom_attrs=given)
    acts = {} if command.opens is None else opening(command.opens)
    return rx.el.button(
        *inside,
        type="button",
        custom_attrs={**acts, **given},
    )


def palette(
    groups: rx.Var[list[Group]],
    on_search: Callable[[rx.Var[str]], Any] | Any,
    commands: Sequence[Command] = (),
    *,
    text: str = "",
    looked_for: rx.Var[str] | None = None,
    chosen: str = "",
    inline: bool = False,
) -> rx.Component:
    """Return the palette.

    Args:
        groups: What was found, from the screen's state.
        on_search: The handler that looks; it gets the text, at most every 150 ms.
        commands: What one can do here; the page filters them by itself.
        text: What is in the field at first.
        looked_for: The text that `groups` was found by; Enter waits until it is what was typed.
        chosen: The address of what is chosen at first.
        inline: Standing in the page, for the gallery.
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
            "maxlength": "255",
        },
    )
    inside = [
        rx.el.div(
            drawn("search"), field, rx.el.kbd("Esc", aria_hidden="true"), class_name="palette-in"
        ),
        rx.el.div(
            rx.foreach(groups, lambda group: _group(group, chosen)),
            rx.el.div(
                rx.el.div("Commands", class_name="palette-group", aria_hidden="true"),
                *(_command(each) for each in commands),
                role="group",
                aria_label="Commands",
                custom_attrs={"data-commands": ""},
            )
            if commands
            else rx.fragment(),
            class_name="palette-list",
            role="listbox",
            aria_label="Results",
            custom_attrs=attributes({"id": listbox, "data-for": looked_for}),
        ),
        rx.el.p("Nothing has such a name. Values are never searched.", class_name="palette-none"),
        rx.el.div(
            rx.el.span(rx.el.kbd("↑"), " ", rx.el.kbd("↓"), " move"),
            rx.el.span(rx.el.kbd("Enter"), " open"),
            rx.el.span("Names, notes, tags and ids; never values", class_name="end"),
            class_name="palette-foot",
            aria_hidden="true",
        ),
    ]
    if inline:
        return rx.el.div(*inside, class_name="palette inline")
    return rx.el.dialog(
        *inside, class_name="palette", custom_attrs={"id": PALETTE, "aria-label": "Command palette"}
    )
