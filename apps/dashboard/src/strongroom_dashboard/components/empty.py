"""Empty states: one title, one sentence that teaches, one button."""

import reflex as rx

from strongroom_dashboard.components.icon import icon as drawn
from strongroom_dashboard.components.kinds import Child, Text
from strongroom_dashboard.components.mark import mark


def empty(
    title: Text, sentence: Child, *actions: rx.Component, icon: str | None = None
) -> rx.Component:
    """Return an empty state with the part's icon, or the mark where it has none."""
    return rx.el.div(
        mark("lg") if icon is None else drawn(icon),
        rx.el.h2(title),
        rx.el.p(sentence),
        rx.el.div(*actions, class_name="row"),
        class_name="empty",
    )
