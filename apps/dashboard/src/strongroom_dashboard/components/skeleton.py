"""What is shown while a screen loads: quiet bars where the text will be."""

import reflex as rx


def lines(*widths: str) -> rx.Component:
    """Return bars of these widths, such as "72%"."""
    bars = [
        rx.el.span(class_name="skel", custom_attrs={"style": {"width": width}}) for width in widths
    ]
    return rx.el.div(
        *bars, rx.el.span("Loading", class_name="sr-only"), class_name="stack gap-4", role="status"
    )


def rows(columns: int, count: int = 6) -> list[rx.Component]:
    """Return table rows of bars, each a little different, so that they read as text to come."""
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
