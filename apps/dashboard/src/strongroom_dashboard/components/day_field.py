"""A field for a day, such as the end of a membership."""

import reflex as rx

from strongroom_dashboard.components.fields import field
from strongroom_dashboard.components.kinds import Child, Text


def day_field(
    name: str,
    label: Child,
    *,
    value: Text | None = None,
    help: Child | None = None,  # noqa: A002
) -> rx.Component:
    """Return a field for a day, `2026-12-31`. It sends the end of that day in UTC, or null if empty."""
    control = rx.el.input(
        name=name,
        type="date",
        default_value="" if value is None else value,
        class_name="input day",
        custom_attrs={"data-as": "day", "data-empty": "null"},
    )
    return field(label, control, help=help)
