"""Tabs and segmented controls. They are links, because the choice is part of the URL."""

from dataclasses import dataclass

import reflex as rx

from strongroom_dashboard.components.custom import attributes
from strongroom_dashboard.components.kinds import Child, Flag, Text, picked

Segment = tuple[Text, Text, Flag]


@dataclass(frozen=True, slots=True)
class Tab:
    """A part of a screen with its own URL. It isn't `shown` to people who can't use it."""

    text: str
    href: Text
    count: Child | None = None
    current: Flag = False
    shown: Flag = True


def _link(tab: Tab) -> rx.Component:
    now = "page" if tab.current is True else None
    given = now if isinstance(tab.current, bool) else rx.cond(tab.current, "page", "false")
    return rx.el.a(
        tab.text,
        *([] if tab.count is None else [" ", rx.el.span(tab.count, class_name="n")]),
        href=tab.href,
        custom_attrs=attributes({"aria-current": given}),
    )


def tabs(*items: Tab, label: Text = "Sections") -> rx.Component:
    """Return a row of tabs."""
    links = (
        _link(each) if each.shown is True else rx.cond(each.shown, _link(each)) for each in items
    )
    return rx.el.nav(*links, class_name="tabs", aria_label=label)


def segmented(*choices: Segment, label: Text) -> rx.Component:
    """Return a segmented control. A segment consists of a label, a URL, and whether it is current."""
    return rx.el.nav(
        *(
            rx.el.a(text, href=href, aria_current=picked(current, "true", "false"))
            for text, href, current in choices
        ),
        class_name="seg",
        aria_label=label,
    )
