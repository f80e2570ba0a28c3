"""Surfaces: the card, and the lists of facts that stand on it."""

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
    """Return a card. `body=False` leaves out the padding, for lists that bring their own."""
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
    """Return a list of names and what they are, names left."""
    return rx.el.dl(
        *(part for name, value in pairs for part in (rx.el.dt(name), rx.el.dd(value))),
        class_name="facts",
    )


def rows(*pairs: tuple[Text, Child]) -> rx.Component:
    """Return rows of a name at the left and its state at the right."""
    return rx.el.dl(
        *(rx.el.div(rx.el.dt(name), rx.el.dd(value)) for name, value in pairs), class_name="rows"
    )


def rule_list(*items: Child, label: Text | None = None) -> rx.Component:
    """Return items with hairlines between them; each is an `rx.el.li` or an `rx.foreach` of them."""
    return rx.el.ul(
        *items, class_name="rule-list", **({} if label is None else {"aria_label": label})
    )


def two_columns(left: Child, right: Child) -> rx.Component:
    """Return the page in two columns, the right one narrow; below 980 px one after the other."""
    return rx.el.div(
        rx.el.div(left, class_name="stack gap-5"),
        rx.el.div(right, class_name="stack gap-5"),
        class_name="columns",
    )
