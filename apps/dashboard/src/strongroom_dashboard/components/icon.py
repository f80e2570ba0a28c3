"""Icons of lucide, 16 px, drawn in the colour of the text."""

import reflex as rx


def icon(name: str, class_name: str = "") -> rx.Component:
    """Return a decorative icon. Its name is known now: one from the browser would bundle them all."""
    return rx.icon(name, class_name=class_name, aria_hidden="true")
