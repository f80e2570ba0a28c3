"""Segmented choices: links, because the choice is part of the address."""

import reflex as rx

from strongroom_dashboard.components.kinds import Flag, Text, picked

Segment = tuple[Text, Text, Flag]


def segmented(*choices: Segment, label: Text) -> rx.Component:
    """Return the choices, each a text, an address, and whether it is the present one."""
    return rx.el.nav(
        *(
            rx.el.a(text, href=href, aria_current=picked(current, "true", "false"))
            for text, href, current in choices
        ),
        class_name="seg",
        aria_label=label,
    )
