"""Toasts are made by `assets/js/toasts.js`; here is one that stands still, for the gallery."""

import reflex as rx


def toast_shown(head: str, rest: str, *, bad: bool = False, undo: bool = False) -> rx.Component:
    """Return a toast as it looks."""
    return rx.el.div(
        rx.el.span(rx.el.b(head), " ", rest, class_name="said"),
        rx.el.button("Undo", type="button", class_name="textbtn") if undo else rx.fragment(),
        class_name="toast bad" if bad else "toast",
    )
