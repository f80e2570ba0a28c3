"""Times: relative under a day, the date after, exact with the zone on hover."""

from typing import Literal

import reflex as rx

from strongroom_dashboard.components.custom import TimeElement, attributes
from strongroom_dashboard.components.kinds import Text


def time(
    at: Text | rx.Var[str | None],
    *,
    empty: Text = "Never",
    future: bool = False,
    clock: bool | Literal["date"] = False,
    class_name: Text = "",
) -> rx.Component:
    """Return a time that stays true by itself.

    Args:
        at: The time in ISO 8601 with its zone; "" or None shows `empty`.
        empty: What is said when there is no time.
        future: The time lies ahead ("in 4 days").
        clock: hh:mm:ss today, the date with hours and minutes before; "date" leaves those out.
        class_name: Classes besides.
    """
    given = {"datetime": at, "empty": empty, "future": future, "clock": clock}
    return TimeElement.create(class_name=class_name, custom_attrs=attributes(given))
