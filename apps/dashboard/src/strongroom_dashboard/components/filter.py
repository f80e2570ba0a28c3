"""The toolbar above a list: everything it does is in the address."""

from collections.abc import Sequence
from typing import TypedDict

import reflex as rx

from strongroom_dashboard.components.button import dropping
from strongroom_dashboard.components.custom import SearchElement
from strongroom_dashboard.components.icon import icon
from strongroom_dashboard.components.kinds import Child, Flag, Text
from strongroom_dashboard.components.menu import menu, menu_link


class FilterOption(TypedDict):
    """A choice of a filter: its address, how many there are ("" where unknown), whether it is on."""

    text: str
    href: str
    count: str
    current: bool


def toolbar(*children: Child) -> rx.Component:
    """Return the row of search and filters."""
    return rx.el.div(*children, class_name="toolbar")


def search_box(
    placeholder: str, *, value: Text = "", name: str = "q", label: Text | None = None
) -> rx.Component:
    """Return a search whose text becomes `?q=` of the address while one types; `/` goes there."""
    return SearchElement.create(
        rx.el.div(
            icon("search"),
            rx.el.input(
                type="search",
                default_value=value,
                placeholder=placeholder,
                class_name="input",
                aria_label=placeholder if label is None else label,
                custom_attrs={
                    "autocomplete": "off",
                    "spellcheck": "false",
                    "enterkeyhint": "search",
                },
            ),
            rx.el.kbd("/", aria_hidden="true"),
            class_name="searchbox",
            role="search",
        ),
        custom_attrs={"name": name, "value": value},
    )


def filter_menu(
    id: str,  # noqa: A002
    label: str,
    options: Sequence[FilterOption] | rx.Var[list[FilterOption]],
    *,
    chosen: Text | None = None,
    on: Flag = False,
    clear: Text | None = None,
) -> rx.Component:
    """Return a filter: a button and its menu of links.

    Args:
        id: The menu's id.
        label: What is filtered by.
        options: The choices, in the browser or known now.
        chosen: What is chosen, said instead of the label while `on`.
        on: Whether it is.
        clear: The address without this filter.
    """
    listed: Sequence[FilterOption] | rx.Var[list[FilterOption]] = options
    links = (
        rx.foreach(listed, _option)
        if isinstance(listed, rx.Var)
        else rx.fragment(*(_option(rx.Var.create(each).to(FilterOption)) for each in listed))
    )
    text = label if chosen is None else f"{label}: {chosen}"
    plain = _button(id, label, "filter")
    active = rx.fragment(
        _button(id, text, "filter on joined"), *([] if clear is None else [_clear(label, clear)])
    )
    shown = (active if on else plain) if isinstance(on, bool) else rx.cond(on, active, plain)
    return rx.fragment(shown, menu(id, links, label=label, class_name="ticks"))


def _option(option: rx.vars.ObjectVar[FilterOption]) -> rx.Component:
    return menu_link(
        option["text"], option["href"], count=option["count"], current=option["current"]
    )


def _button(menu_id: str, text: Text, class_name: str) -> rx.Component:
    return rx.el.button(
        text,
        icon("chevron-down"),
        type="button",
        class_name=class_name,
        custom_attrs=dropping(menu_id),
    )


def _clear(label: str, href: Text) -> rx.Component:
    return rx.el.a(icon("x"), href=href, class_name="filter on", aria_label=f"Clear {label}")


def filter_chip(text: Text, clear: Text) -> rx.Component:
    """Return a filter that is on, and that a click takes away."""
    return rx.el.a(
        text,
        rx.el.span(", remove this filter", class_name="sr-only"),
        icon("x"),
        href=clear,
        class_name="filter on",
    )
