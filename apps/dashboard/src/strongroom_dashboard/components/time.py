"""Times, all in the zone that the person chose: UTC or their computer's. Hovering shows the exact time."""

from typing import Literal

import reflex as rx

from strongroom_dashboard.components.custom import TimeElement, ZoneElement, attributes
from strongroom_dashboard.components.kinds import Text

Precision = Literal["ago", "clock", "minute", "exact", "full", "today", "time"]


def time(
    at: Text | rx.Var[str | None],
    *,
    empty: Text = "Never",
    future: bool = False,
    how: Precision = "ago",
    class_name: Text = "",
) -> rx.Component:
    """Return a time that stays up to date.

    Sentences from the server never contain a time, because the server doesn't know the zone. Instead, a
    sentence ends where the time belongs, followed by this element.

    Args:
        at: The time in ISO 8601 with its time zone; "" or None shows `empty`.
        empty: The text if there is no time.
        future: Whether the time is in the future ("in 4 days").
        how: `ago` is relative for a day, then the date; `clock` hh:mm:ss, after the date unless it is today;
            `minute` date and hh:mm; `exact` date, hh:mm:ss and zone; `full` also year and milliseconds;
            `today` weekday, date, hh:mm and zone; `time` hh:mm:ss, below the heading of a day.
        class_name: More classes.
    """
    given = {"datetime": at, "empty": empty, "future": future, "how": None if how == "ago" else how}
    return TimeElement.create(class_name=class_name, custom_attrs=attributes(given))


def zone(*, long: bool = False) -> rx.Component:
    """Return the name of the zone that times are in: `CET`, or the `long` form `Europe/Oslo (CET)`."""
    return ZoneElement.create(custom_attrs=attributes({"long": long}))
