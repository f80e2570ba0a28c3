"""Fetches pages of sorted lists, in both directions, by keyset pagination.

A list declares its sort orders once (`Listing`); the SQL, the cursors and the counts are derived from the
declaration. The SQL in a declaration is constant, and user input is always an argument.

Nulls come first in ascending order. Items with the same sort value are sorted by name if the list has names,
and then by ID, so a descending list is the exact reverse of an ascending one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.page import CountedPage, Cursor, Page, not_a_cursor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from strongroom_core.db.conditions import Conditions
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.page import PageRequest

Item = TypeVar("Item")

_HIGHEST = {"integer": 2**31 - 1, "bigint": 2**63 - 1, "xid8": 2**64 - 1}


@dataclass(frozen=True, slots=True)
class Key:
    """One part of an order: an SQL expression and its SQL type. Only an order's first key may be null."""

    sql: str
    type: str = "text"
    nullable: bool = False

    def argument(self, text: str) -> object:
        """Convert text from a cursor to an argument of a statement. Raises `Invalid` if it doesn't fit."""
        try:
            match self.type:
                case "text":
                    text.encode()  # A lone surrogate can't be stored.
                    return text
                case "timestamptz":
                    return datetime.fromisoformat(text).astimezone(UTC)
                case "uuid":
                    return UUID(text)
                case _:
                    return _number(text, _HIGHEST[self.type])
        except (ValueError, OverflowError):
            raise not_a_cursor() from None

    def placeholder(self, place: str) -> str:
        """Return the placeholder of the key's argument. The driver doesn't know `xid8`."""
        return f"{place}::text::xid8" if self.type == "xid8" else f"{place}::{self.type}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list: its columns, the tables they come from, and its sort orders.

    `source` is the text after `from`; `counted` is a shorter text for counting, without the joins that only
    the columns need. Each sort is named after a field of the response, and lists the keys that precede `name`
    and `id`. `default` is a sort, written as in a query.
    """

    columns: str
    source: str
    counted: str = ""
    name: tuple[Key, ...] = ()
    id: Key
    sorts: Mapping[str, tuple[Key, ...]]
    default: str

    def filled(self, **texts: str) -> Listing:
        """Return the list with the words in braces in its SQL replaced, such as what the caller can see."""

        def keys(of: tuple[Key, ...]) -> tuple[Key, ...]:
            return tuple(replace(key, sql=key.sql.format(**texts)) for key in of)

        return replace(
            self,
            columns=self.columns.format(**texts),
            source=self.source.format(**texts),
            counted=self.counted.format(**texts),
            name=keys(self.name),
            sorts={name: keys(of) for name, of in self.sorts.items()},
        )

    def order(self, sort: str | None) -> Order:
        """Return the order for a sort. Raises `Invalid` with the known names if the sort is unknown."""
        wanted = self.default if sort is None else sort
        name = wanted.removeprefix("-")
        if name not in self.sorts:
            known = ", ".join(self.sorts)
            raise Invalid(
                f"sort must be one of {known}; put - in front to reverse the order", field="sort"
            )
        keys = tuple(dict.fromkeys((*self.sorts[name], *self.name, self.id)))
        return Order(wanted, keys, descending=wanted.startswith("-"))


@dataclass(frozen=True, slots=True)
class Order:
    """One order of a list. `name` is the sort, written as in a query."""

    name: str
    keys: tuple[Key, ...]
    descending: bool

    @property
    def columns(self) -> str:
        """The columns that contain a row's position."""
        return ", ".join(f"{_read(key)} as {_column(n)}" for n, key in enumerate(self.keys))

    @property
    def text(self) -> str:
        """The text after `order by`."""
        way = "desc" if self.descending else "asc"
        nulls = " nulls last" if self.descending else " nulls first"
        return ", ".join(f"{key.sql} {way}{nulls if key.nullable else ''}" for key in self.keys)

    def reversed(self) -> Order:
        """Return the reverse of this order."""
        return replace(self, descending=not self.descending)

    def position(self, row: Row) -> tuple[str | None, ...]:
        """Return a row's position, as in a cursor."""
        return tuple(_told(row[_column(n)]) for n in range(len(self.keys)))

    def beyond(self, position: Sequence[str | None], conditions: Conditions) -> str:
        """Return the condition for rows after a position, and add its arguments to `conditions`.

        Raises `Invalid` if the position doesn't belong to this order.
        """
        if len(position) != len(self.keys):
            raise not_a_cursor()
        first, start = self.keys[0], position[0]
        places: list[str] = []
        for key, text in zip(self.keys, position, strict=True):
            if text is not None:
                places.append(key.placeholder(conditions.place(key.argument(text))))
            elif key is not first or not key.nullable:
                raise not_a_cursor()
        sign = "<" if self.descending else ">"
        if start is None:
            rest = ", ".join(key.sql for key in self.keys[1:])
            same = f"{first.sql} is null and ({rest}) {sign} ({', '.join(places)})"
            return same if self.descending else f"({same}) or {first.sql} is not null"
        keys = ", ".join(key.sql for key in self.keys)
        after = f"({keys}) {sign} ({', '.join(places)})"
        return f"{after} or {first.sql} is null" if first.nullable and self.descending else after

    def cursor(self, row: Row, *, backward: bool = False) -> str:
        """Return the cursor for the rows after this one, or before it."""
        return Cursor(self.name, self.position(row), backward).encode()


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of a page in the list's order, and its cursors."""

    rows: list[Row]
    order: Order
    next_cursor: str | None
    previous_cursor: str | None

    def page(self, items: list[Item]) -> Page[Item]:
        """Return the page with these items, one for each row."""
        return Page(items=items, next_cursor=self.next_cursor, previous_cursor=self.previous_cursor)


async def fetch_page(
    connection: Connection, listing: Listing, page: PageRequest, conditions: Conditions
) -> Found:
    """Return the rows of one page, without counting the list.

    Raises `Invalid` for an unknown order, and for a cursor from another list or order.
    """
    order, cursor = listing.order(page.sort), page.cursor
    backward = cursor is not None and cursor.backward
    going = order.reversed() if backward else order
    narrowed = conditions.copy()
    if cursor is not None:
        _require_own(listing, order, cursor)
        narrowed.add_placed(going.beyond(cursor.keys, narrowed))
    limit = narrowed.place(page.limit + 1)
    rows = await connection.fetch(
        f"select {listing.columns}, {order.columns} from {listing.source}"
        f" where {narrowed.text} order by {going.text} limit {limit}",
        *narrowed.arguments,
    )
    # The extra row only shows that there are more.
    more, rows = len(rows) > page.limit, rows[: page.limit]
    if backward:
        rows.reverse()
    after = bool(rows) and (more or backward)
    before = bool(rows) and (more if backward else cursor is not None)
    return Found(
        rows,
        order,
        next_cursor=order.cursor(rows[-1]) if after else None,
        previous_cursor=order.cursor(rows[0], backward=True) if before else None,
    )


async def fetch_counted(
    connection: Connection,
    listing: Listing,
    page: PageRequest,
    conditions: Conditions,
    build: Callable[[Row], Item],
) -> CountedPage[Item]:
    """Return one page, with the number of items on all pages and the number of its first item.

    `build` gets a row with the listing's columns only. Raises what `fetch_page` raises.
    """
    found = await fetch_page(connection, listing, page, conditions)
    first, total = await _count(connection, listing, found, conditions)
    return CountedPage(
        items=[build(without_position(row)) for row in found.rows],
        total=total,
        first=first,
        next_cursor=found.next_cursor,
        previous_cursor=found.previous_cursor,
    )


def without_position(row: Row) -> Row:
    """Return the row without its position columns."""
    return {name: value for name, value in row.items() if not name.startswith(_POSITION)}


async def _count(
    connection: Connection, listing: Listing, found: Found, conditions: Conditions
) -> tuple[int, int]:
    """Return the number of the page's first item, and the total number of items."""
    if found.rows and found.next_cursor is None and found.previous_cursor is None:
        return 1, len(found.rows)
    counted = conditions.copy()
    before = "false"
    if found.previous_cursor is not None:
        position = found.order.position(found.rows[0])
        before = found.order.reversed().beyond(position, counted)
    row = await connection.fetchrow(
        f"select count(*) as total, count(*) filter (where {before}) as before"
        f" from {listing.counted or listing.source} where {counted.text}",
        *counted.arguments,
    )
    if row is None:
        raise ValueError("an aggregate query returns exactly one row")
    return row["before"] + 1 if found.rows else 0, row["total"]


def _require_own(listing: Listing, order: Order, cursor: Cursor) -> None:
    """Raise `Invalid` for a cursor of another order."""
    if cursor.sort == order.name:
        return
    if cursor.sort.removeprefix("-") in listing.sorts:
        raise Invalid(
            f"this cursor is for the list sorted by {cursor.sort}; use that sort, or start without a cursor",
            field="cursor",
        )
    raise not_a_cursor()


_POSITION = "position_"


def _column(number: int) -> str:
    return f"{_POSITION}{number}"


def _read(key: Key) -> str:
    return f"{key.sql}::text" if key.type == "xid8" else key.sql


def _told(value: object) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _number(text: str, highest: int) -> int | str:
    """Return the number in the text. Checks the length first: int() rejects more than 4,300 digits."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(highest))):
        raise ValueError("not a number")
    number = int(text)
    if number > highest:
        raise ValueError("too high")
    return text if highest == _HIGHEST["xid8"] else number
