"""Cards, lists of facts, and counts."""

from typing import Literal

import reflex as rx

from strongroom_dashboard.components.kinds import Child, Text

CardTone = Literal["plain", "brass", "danger"]


def card(
    *children: Child,
    title: Child | None = None,
    aside: Child | None = None,
    foot: Child | None = None,
    body: bool = True,
    tone: CardTone = "plain",
    label: Text | None = None,
) -> rx.Component:
    """Return a card. `body=False` leaves out the padding, for lists that have their own."""
    head = rx.fragment()
    if title is not None or aside is not None:
        head = rx.el.div(
            rx.fragment() if title is None else rx.el.h2(title),
            rx.fragment() if aside is None else rx.el.div(aside, class_name="end"),
            class_name="card-head",
        )
    inside = [rx.el.div(*children, class_name="card-body")] if body else list(children)
    return rx.el.section(
        head,
        *inside,
        rx.fragment() if foot is None else rx.el.div(foot, class_name="card-foot"),
        class_name="card" if tone == "plain" else f"card {tone}",
        **({} if label is None else {"aria_label": label}),
    )


def facts(*pairs: tuple[Text, Child]) -> rx.Component:
    """Return a list of names and values."""
    return rx.el.dl(
        *(part for name, value in pairs for part in (rx.el.dt(name), rx.el.dd(value))),
        class_name="facts",
    )


def rows(*pairs: tuple[Text, Child]) -> rx.Component:
    """Return rows, each with a name on the left and a state on the right."""
    return rx.el.dl(
        *(rx.el.div(rx.el.dt(name), rx.el.dd(value)) for name, value in pairs), class_name="rows"
    )


def rule_list(*items: Child, label: Text | None = None) -> rx.Component:
    """Return items separated by hairlines. Each is an `rx.el.li`, or an `rx.foreach` that renders several."""
    return rx.el.ul(
        *items, class_name="rule-list", **({} if label is None else {"aria_label": label})
    )


def two_columns(left: Child, right: Child) -> rx.Component:
    """Return two columns, the right one narrow. Below 980 px, they are stacked."""
    return rx.el.div(
        rx.el.div(left, class_name="stack gap-5"),
        rx.el.div(right, class_name="stack gap-5"),
        class_name="columns",
    )


def count_cell(
    label: Text, number: Child, text: Child, *, href: Text | None = None
) -> rx.Component:
    """Return one count. Numbers are exact, with separators, never rounded."""
    inside = [
        rx.el.span(label, class_name="k"),
        rx.el.span(number, class_name="v"),
        rx.el.span(text, class_name="d"),
    ]
    return rx.el.div(*inside) if href is None else rx.el.a(*inside, href=href)


def counts(*cells: rx.Component, label: Text = "Counts") -> rx.Component:
    """Return several counts in one frame."""
    return rx.el.section(*cells, class_name="counts", aria_label=label)
