"""Numbered steps with their states, and the list of items that need attention."""

from typing import Literal

import reflex as rx

from strongroom_dashboard.components.kinds import Child, Text, joined
from strongroom_dashboard.components.mark import icon as drawn

StepState = Literal["done", "now", "later"]
TodoTone = Literal["brass", "warn", "danger", "agent", "plain"]


def step(
    title: Text,
    *children: Child,
    state: StepState | rx.Var[str],
    number: int,
    aside: Child | None = None,
    danger: bool = False,
) -> rx.Component:
    """Return one step; `children` are its sentence and buttons."""
    number_text = str(number)
    if isinstance(state, str):
        sign = drawn("check") if state == "done" else rx.fragment(number_text)
        heard = "Done: " if state == "done" else ""
    else:
        sign = rx.cond(state == "done", drawn("check"), rx.fragment(number_text))
        heard = rx.cond(state == "done", "Done: ", "")
    return rx.el.li(
        rx.el.span(sign, class_name="no", aria_hidden="true"),
        rx.el.h2(rx.el.span(heard, class_name="sr-only"), title),
        rx.fragment() if aside is None else rx.el.span(aside, class_name="aside"),
        rx.el.div(*children, class_name="more") if children else rx.fragment(),
        class_name=joined(state, "danger" if danger else ""),
    )


def steps(*items: rx.Component, label: Text = "Steps") -> rx.Component:
    """Return the steps."""
    return rx.el.ol(*items, class_name="steps", aria_label=label)


def todo_item(
    title: Child, text: Child, *, icon: str, act: rx.Component, tone: TodoTone = "brass"
) -> rx.Component:
    """Return an item with a title, a sentence and a button."""
    return rx.el.li(
        rx.el.span(drawn(icon), class_name=f"ic {tone}"),
        rx.el.div(rx.el.b(title), rx.el.p(text)),
        act,
    )


def todo(*items: Child) -> rx.Component:
    """Return the list. An item is a `todo_item`, or an `rx.cond` or `rx.foreach` that renders it."""
    return rx.el.ul(*items, class_name="todo")
