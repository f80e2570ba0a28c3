"""Things that need a person, ordered by what gets worse by waiting."""

from typing import Literal

import reflex as rx

from strongroom_dashboard.components.icon import icon as drawn
from strongroom_dashboard.components.kinds import Child

TodoTone = Literal["brass", "warn", "danger", "agent", "plain"]


def todo_item(
    title: Child, text: Child, *, icon: str, act: rx.Component, tone: TodoTone = "brass"
) -> rx.Component:
    """Return one thing: what waits, more about it, and the button that leads there."""
    return rx.el.li(
        rx.el.span(drawn(icon), class_name=f"ic {tone}"),
        rx.el.div(rx.el.b(title), rx.el.p(text)),
        act,
    )


def todo(*items: Child) -> rx.Component:
    """Return the list; an item is a `todo_item`, an `rx.cond` of one or an `rx.foreach` of them."""
    return rx.el.ul(*items, class_name="todo")
