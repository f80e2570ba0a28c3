"""The head and foot of a sorted list: links for sorting, links to the previous and next pages, counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from strongroom_core.kernel.page import CountedPage


@dataclass(frozen=True)
class SortedList:
    """The head and the foot of a list.

    `sort_links` and `sorted_by` map a sort's name to its column head's URL and `aria-sort`.
    `shown` is the range of this page, such as `51–100`, `total` is the number of matching rows, and `noun`
    the word for them. If a filter is on, `noun` ends with the number of all rows. A URL is empty if there is
    no such page.
    """

    sort_links: dict[str, str] = field(default_factory=dict[str, str])
    sorted_by: dict[str, str] = field(default_factory=dict[str, str])
    shown: str = ""
    total: str = ""
    noun: str = ""
    previous_page: str = ""
    next_page: str = ""


def unknown_list(sorts: Sequence[str]) -> SortedList:
    """Return the head and foot to show before the list is known: no counts, and heads without links."""
    names = [each.removeprefix("-") for each in sorts]
    return SortedList(dict.fromkeys(names, ""), dict.fromkeys(names, "none"))


def known_sort(asked: str, sorts: Sequence[str]) -> str | None:
    """Return the sort from the URL, or None for the list's own order. Unknown names are ignored."""
    return asked if asked.removeprefix("-") in {each.removeprefix("-") for each in sorts} else None


def sorted_list(
    page: CountedPage[Any],
    link: Callable[..., str],
    *,
    sorts: Sequence[str],
    current: str,
    nouns: tuple[str, str],
    everything: int | None = None,
) -> SortedList:
    """Return the head and foot for a page of a list.

    Args:
        page: The page.
        link: Returns the list's URL with these parameters changed. It has no cursor unless one is given.
        sorts: The columns' sorts, each in the direction that the first click gives.
        current: The list's order.
        nouns: The singular and plural noun for the rows.
        everything: How many rows there are without filters, or None if no filter is on.
    """
    name = current.removeprefix("-")
    links = {each.removeprefix("-"): link(sort=each) for each in sorts}
    reverse = name if current.startswith("-") else f"-{name}"
    if name in links:
        links[name] = link(sort=reverse)
    way = "descending" if current.startswith("-") else "ascending"
    last = page.first + len(page.items) - 1
    alone = page.total <= len(page.items)
    one, several = nouns
    noun = one if page.total == 1 else several
    return SortedList(
        sort_links=links,
        sorted_by={each: way if each == name else "none" for each in links},
        shown=f"{page.total:,}" if alone else f"{page.first:,}–{last:,}",
        total="" if alone else f"{page.total:,}",
        noun=noun if everything is None else f"matching {noun} ({everything:,} in all)",
        previous_page=link(cursor=page.previous_cursor) if page.previous_cursor else "",
        next_page=link(cursor=page.next_cursor) if page.next_cursor else "",
    )
