"""The toolbar above a list. Its whole state is in the URL."""

from collections.abc import Sequence
from typing import TypedDict

import reflex as rx

from strongroom_dashboard.components.button import dropping
from strongroom_dashboard.components.custom import FiltersElement, PlainForm, SearchElement
from strongroom_dashboard.components.kinds import Child, Flag, Text
from strongroom_dashboard.components.mark import icon
from strongroom_dashboard.components.menu import menu, menu_link


class FilterOption(TypedDict):
    """An option of a filter: its URL, its count ("" if unknown), and whether it is on."""

    text: str
    href: str
    count: str
    current: bool


def toolbar(*children: Child) -> rx.Component:
    """Return the row with search and filters."""
    return rx.el.div(*children, class_name="toolbar")


def search_box(
    placeholder: str,
    *,
    value: Text = "",
    name: str = "q",
    label: Text | None = None,
    key: str = "/",
) -> rx.Component:
    """Return a search field whose text becomes `?q=` in the URL as the user types.

    `key` is the shortcut that focuses it; a search in a dialog has none.
    """
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
            rx.el.kbd(key, aria_hidden="true") if key else rx.fragment(),
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
        label: The name of the filter.
        options: The options, as state or known at compile time.
        chosen: The chosen option, shown next to the label while the filter is `on`.
        on: Whether the filter is on.
        clear: The URL without this filter.
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


def filter_form(*fields: Child, id: str, text: str) -> rx.Component:  # noqa: A002
    """Return a button and the form that it opens. The form's fields become parameters of the URL."""
    return rx.fragment(
        _button(id, text, "filter"),
        rx.el.div(
            FiltersElement.create(
                PlainForm.create(
                    *fields,
                    rx.el.button("Apply filters", type="submit", class_name="btn primary"),
                    class_name="stack gap-3",
                    custom_attrs={"novalidate": "", "autocomplete": "off"},
                )
            ),
            class_name="menu filter-form",
            role="group",
            aria_label=text,
            custom_attrs={"id": id, "popover": "auto"},
        ),
    )


def filter_chip(text: Child, clear: Text) -> rx.Component:
    """Return a filter that is on. A click removes it."""
    return rx.el.a(
        text,
        rx.el.span(", remove this filter", class_name="sr-only"),
        icon("x"),
        href=clear,
        class_name="filter on",
    )
