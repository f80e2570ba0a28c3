"""Counts: one number each, in the face of the ledger, with what qualifies it below."""

import reflex as rx

from strongroom_dashboard.components.kinds import Child, Text


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
    """Return the counts in one frame."""
    return rx.el.section(*cells, class_name="counts", aria_label=label)
