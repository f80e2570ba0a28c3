"""A titled part of the gallery."""

import reflex as rx


def sheet(title: str, *children: rx.Component, span: int = 6) -> rx.Component:
    """Return a part of the gallery under its title, in a grid of twelve."""
    return rx.el.section(
        rx.el.h2(title),
        *children,
        class_name="stack gap-3",
        custom_attrs={"style": {"gridColumn": f"span {span}"}},
    )
