"""Skeletons: gray bars instead of text that is still loading."""

import reflex as rx

from strongroom_dashboard.components.custom import PlainLink
from strongroom_dashboard.components.kinds import Child


def bar(width: str) -> rx.Component:
    """Return one bar, such as "72%" wide."""
    return rx.el.span(class_name="skel", custom_attrs={"style": {"width": width}})


def until(known: rx.Var[bool], shown: Child, width: str) -> rx.Component:
    """Return `shown` once it is known, or a bar of about its size until then."""
    return rx.fragment(rx.cond(known, shown, bar(width)))


def lines(*widths: str) -> rx.Component:
    """Return bars of these widths, such as "72%"."""
    return rx.el.div(
        *map(bar, widths),
        rx.el.span("Loading", class_name="sr-only"),
        class_name="stack gap-4",
        role="status",
    )


def slow() -> rx.Component:
    """Return a line that appears after three seconds of loading."""
    again = PlainLink.create("Try again", custom_attrs={"href": "", "data-reload": ""})
    return rx.el.p(
        "Still loading. ",
        again,
        class_name="slow muted",
        role="status",
        custom_attrs={"data-loading": ""},
    )


def rows(columns: int, count: int = 6) -> list[rx.Component]:
    """Return table rows with bars of different widths."""
    widths = ("62%", "44%", "54%", "36%", "58%", "48%")
    return [
        rx.el.tr(
            *(
                rx.el.td(
                    rx.el.span(
                        class_name="skel",
                        custom_attrs={"style": {"width": widths[(row + at) % len(widths)]}},
                    )
                )
                for at in range(columns)
            ),
            class_name="skeleton",
            aria_hidden="true",
        )
        for row in range(count)
    ]
