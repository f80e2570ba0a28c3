"""Steps: numbered, each with its own state."""

from typing import Literal

import reflex as rx

from strongroom_dashboard.components.icon import icon
from strongroom_dashboard.components.kinds import Child, Text, joined

StepState = Literal["done", "now", "later"]


def step(
    title: Text,
    *children: Child,
    state: StepState | rx.Var[str],
    number: int,
    aside: Child | None = None,
    danger: bool = False,
) -> rx.Component:
    """Return one step; `children` are its sentence and what one can do."""
    number_text = str(number)
    if isinstance(state, str):
        sign = icon("check") if state == "done" else rx.fragment(number_text)
        heard = "Done: " if state == "done" else ""
    else:
        sign = rx.cond(state == "done", icon("check"), rx.fragment(number_text))
        heard = rx.cond(state == "done", "Done: ", "")
    return rx.el.li(
        rx.el.span(sign, class_name="no", aria_hidden="true"),
        rx.el.h2(rx.el.span(heard, class_name="sr-only"), title),
        rx.fragment() if aside is None else rx.el.span(aside, class_name="aside"),
        rx.el.div(*children, class_name="more") if children else rx.fragment(),
        class_name=joined(state, "danger" if danger else ""),
    )


def steps(*items: rx.Component, label: Text = "Steps") -> rx.Component:
    """Return the steps in their order."""
    return rx.el.ol(*items, class_name="steps", aria_label=label)
