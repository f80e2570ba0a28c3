"""The drawer. It shows one object from a list, next to the list, and has its own URL."""

from collections.abc import Sequence

import reflex as rx

from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.kinds import Child, Flag, Text, either, picked
from strongroom_dashboard.components.tabs import Tab
from strongroom_dashboard.components.tabs import tabs as tab_row


def with_drawer(content: Child, panel: rx.Component, open: Flag) -> rx.Component:  # noqa: A002
    """Return a list with its drawer, which is docked from 1280 px up and covers the list below that width."""
    return rx.el.div(
        rx.el.div(content, class_name="stack gap-4"),
        either(open, panel),
        class_name=rx.cond(open, "with-drawer is-open", "with-drawer")
        if isinstance(open, rx.Var)
        else picked(open, "with-drawer is-open", "with-drawer"),
    )


def drawer(
    *sections: Child,
    title: Text,
    close: Text,
    subtitle: Child | None = None,
    mono: bool = False,
    lead: Child | None = None,
    tools: Sequence[Child] = (),
    previous: Text | None = None,
    next: Text | None = None,  # noqa: A002
    tabs: Sequence[Tab] = (),
) -> rx.Component:
    """Return a drawer. The order is: summary, actions, history, access, details.

    Args:
        sections: One or more `section(...)`.
        title: The name of the object.
        close: The URL without the drawer; Esc goes there too.
        subtitle: One sentence below the name.
        mono: Whether the name belongs to a secret or a machine.
        lead: Badges above the name.
        tools: Buttons next to the name.
        previous: The URL of the previous object, or "" if this is the first.
        next: The URL of the next object, or "" if this is the last.
        tabs: The drawer's tabs, each with its own URL.
    """
    return rx.el.aside(
        rx.el.div(
            rx.el.div(
                rx.fragment() if lead is None else rx.el.div(lead, class_name="lead"),
                rx.el.h2(title, class_name="mono" if mono else ""),
                rx.fragment() if subtitle is None else rx.el.p(subtitle, class_name="meta"),
                class_name="grow",
            ),
            rx.el.div(
                *tools,
                _step(previous, "chevron-up", "Previous"),
                _step(next, "chevron-down", "Next"),
                button(
                    icon="x",
                    label="Close",
                    tone="ghost",
                    size="sm",
                    href=close,
                    data_close="",
                ),
                class_name="tools",
            ),
            class_name="drawer-head",
        ),
        tab_row(*tabs, label="Parts") if tabs else rx.fragment(),
        *sections,
        class_name="drawer",
        aria_label=title,
    )


def _step(href: Text | None, icon: str, label: str) -> rx.Component:
    if href is None:
        return rx.fragment()
    made = button(icon=icon, label=label, tone="ghost", size="sm", href=href)
    return made if isinstance(href, str) else rx.fragment(rx.cond(href, made))


def section(
    *children: Child,
    title: Child | None = None,
    count: Child | None = None,
    aside: Child | None = None,
) -> rx.Component:
    """Return a section. `count` is next to its title, and `aside` is on the right."""
    head = rx.fragment()
    if title is not None:
        head = rx.el.div(
            rx.el.h3(title),
            rx.fragment() if count is None else rx.el.span(count, class_name="meta"),
            rx.fragment() if aside is None else rx.el.span(aside, class_name="end"),
            class_name="sec-head",
        )
    return rx.el.div(head, *children, class_name="drawer-sec")
