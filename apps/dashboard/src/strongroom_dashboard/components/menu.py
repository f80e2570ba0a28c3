"""Menus: native popovers with links and buttons."""

from typing import Any

import reflex as rx

from strongroom_dashboard.components.button import opening
from strongroom_dashboard.components.custom import PlainLink, attributes
from strongroom_dashboard.components.kinds import Child, Flag, Text, joined, picked
from strongroom_dashboard.components.mark import icon as drawn


def menu(id: Text, *items: Child, label: Text, class_name: str = "") -> rx.Component:  # noqa: A002
    """Return a menu. A button with `menu=id` opens it; Esc or a click elsewhere closes it."""
    return rx.el.div(
        *items,
        class_name=joined("menu", class_name),
        custom_attrs={"id": id, "popover": "auto", "aria-label": label, "role": "group"},
    )


def menu_link(
    text: Child,
    href: Text,
    *,
    icon: str | None = None,
    count: Child | None = None,
    current: Flag = False,
    download: bool = False,
) -> rx.Component:
    """Return a link. `current` shows a tick; `download` is for files from the API."""
    inside = [
        rx.fragment() if icon is None else drawn(icon),
        rx.el.span(text),
        rx.fragment() if count is None else rx.el.span(count, class_name="n"),
    ]
    if download:
        return PlainLink.create(*inside, custom_attrs={"href": href, "download": ""})
    return rx.el.a(
        *inside,
        href=href,
        aria_current=picked(current, "true", "false"),
    )


def menu_button(
    text: Child,
    *,
    icon: str | None = None,
    opens: Text | None = None,
    danger: bool = False,
    note: Child | None = None,
    **props: Any,
) -> rx.Component:
    """Return a button, for example one that opens a dialog."""
    given = {} if opens is None else opening(opens)
    return rx.el.button(
        rx.fragment() if icon is None else drawn(icon),
        rx.el.span(text),
        rx.fragment() if note is None else rx.el.span(note, class_name="n"),
        type="button",
        class_name="danger" if danger else "",
        custom_attrs=attributes(given),
        **props,
    )


def menu_rule() -> rx.Component:
    """Return the line between two groups."""
    return rx.el.hr(aria_hidden="true")


def menu_head(text: Child) -> rx.Component:
    """Return the heading of a group."""
    return rx.el.div(text, class_name="menu-head")
