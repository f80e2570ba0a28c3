"""The head and the foot of a sorted list, from its `SortedList` in state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import reflex as rx

from strongroom_dashboard.components.table import Column, foot

if TYPE_CHECKING:
    from strongroom_dashboard.screens.sorted_list import SortedList


def sortable(
    around: SortedList,
    sort: str,
    label: str,
    *,
    width: str | None = None,
    numeric: bool = False,
    wide_only: bool = False,
) -> Column:
    """Return a column whose head sorts the list by `sort`, and reverses the order on the next click."""
    return Column(
        label,
        width=width,
        numeric=numeric,
        wide_only=wide_only,
        sort=rx.Var.create(around.sorted_by[sort]),
        href=around.sort_links[sort],
    )


def foot_of(around: SortedList, extra: rx.Component | None = None) -> rx.Component:
    """Return the foot: the rows shown, the number of matches, and links to the previous and next pages."""
    return foot(
        rx.cond(around.total != "", f"{around.shown} of {around.total}", around.shown),
        noun=around.noun,
        extra=extra,
        newer=around.previous_page,
        older=around.next_page,
        newer_text="Previous",
        older_text="Next",
    )
