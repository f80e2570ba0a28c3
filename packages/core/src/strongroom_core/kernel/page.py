"""Pages of lists. Each contains the cursors of the pages around it, so the database never skips by offset."""

import base64
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.view import View

Item = TypeVar("Item")
Other = TypeVar("Other")

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


class Items(View, Generic[Item]):
    """A list that is always complete."""

    items: list[Item]


class Page(View, Generic[Item]):
    """Some items, and the cursors of the next and the previous page (None if there is no such page)."""

    items: list[Item]
    next_cursor: str | None
    previous_cursor: str | None


class CountedPage(View, Generic[Item]):
    """A page of a list whose length the server counts.

    `total` is the number of matching items on all pages. `first` is the number of this page's first item,
    counted from 1, or 0 if the page is empty.
    """

    items: list[Item]
    total: int
    first: int
    next_cursor: str | None
    previous_cursor: str | None

    def of(self, items: list[Other]) -> "CountedPage[Other]":
        """Return the same page with other items, converted from this page's."""
        return CountedPage(
            items=items,
            total=self.total,
            first=self.first,
            next_cursor=self.next_cursor,
            previous_cursor=self.previous_cursor,
        )


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in a sorted list: the keys of an item, and whether to continue after or before it.

    `sort` is the list's order, as in a query: `name` or `-name`.
    """

    sort: str
    keys: tuple[str | None, ...]
    backward: bool = False

    def encode(self) -> str:
        """Return the cursor as text that needs no escaping in a URL."""
        parts = (self.sort, self.backward, self.keys)
        return base64.urlsafe_b64encode(msgspec.json.encode(parts)).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """Parse a cursor. Raises `Invalid` for text that no list returned.

        A cursor is only a position in a list that the caller can read anyway, so it isn't signed.
        """
        try:
            padded = text + "=" * (-len(text) % 4)
            decoded = base64.b64decode(padded, altchars=b"-_", validate=True)
            sort, backward, keys = msgspec.json.decode(
                decoded, type=tuple[str, bool, tuple[str | None, ...]]
            )
        except (ValueError, RecursionError):
            raise not_a_cursor() from None
        if any("\0" in key for key in keys if key is not None):
            raise not_a_cursor()
        return cls(sort, keys, backward)


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The requested page: how many items (1–200), from which position, and in which order.

    `sort` is the name of a field, with a leading `-` for descending; None means the list's default order.
    """

    limit: int = DEFAULT_LIMIT
    cursor: Cursor | None = None
    sort: str | None = None

    @classmethod
    def parse(
        cls, *, limit: int | None = None, cursor: str | None = None, sort: str | None = None
    ) -> "PageRequest":
        """Parse a list's query parameters.

        Raises `Invalid` for a limit that is out of range or a malformed cursor. The list itself checks that
        the order exists and that the cursor belongs to it.
        """
        wanted = DEFAULT_LIMIT if limit is None else limit
        if not 1 <= wanted <= MAX_LIMIT:
            raise Invalid(f"limit must be 1–{MAX_LIMIT}", field="limit")
        return cls(wanted, None if cursor is None else Cursor.decode(cursor), sort)

    def is_sorted_by(self, *fields: str) -> bool:
        """Whether the order is by one of these fields, in either direction."""
        return self.sort is not None and self.sort.removeprefix("-") in fields


def not_a_cursor() -> Invalid:
    """Return the error for a cursor that this list hasn't returned."""
    return Invalid("invalid cursor; start without one", field="cursor")
