"""Keyset paging: a page knows where the next one starts, and no page is counted through."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from strongroom_core.kernel.errors import Invalid

Item = TypeVar("Item")

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some rows, and the cursor of the row after them; None when these were the last."""

    items: list[Item]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page is wanted: after which key, and how many rows (1–200)."""

    limit: int = DEFAULT_LIMIT
    after: tuple[str, ...] | None = None

    @classmethod
    def parse(cls, *, limit: int | None, cursor: str | None, keys: int) -> "PageRequest":
        """Read the two query parameters of a list. `keys` is how many parts this list's key has.

        Raises `Invalid` for a limit out of range or a cursor that this list did not hand out.
        """
        wanted = DEFAULT_LIMIT if limit is None else limit
        if not 1 <= wanted <= MAX_LIMIT:
            raise Invalid(f"limit is 1 to {MAX_LIMIT}", field="limit")
        return cls(wanted, None if cursor is None else _decode(cursor, keys))

    def page(self, rows: list[Item], key: Callable[[Item], tuple[str, ...]]) -> Page[Item]:
        """Cut the page from up to `limit + 1` fetched rows; the surplus row only proves there is more."""
        if len(rows) <= self.limit:
            return Page(rows, None)
        kept = rows[: self.limit]
        return Page(kept, _encode(key(kept[-1])))


def _encode(key: tuple[str, ...]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def _decode(cursor: str, keys: int) -> tuple[str, ...]:
    """A cursor is only a position inside what the caller may list anyway, so it is not signed."""
    problem = Invalid("cursor is not one this list handed out: start without it", field="cursor")
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        decoded = base64.b64decode(padded, altchars=b"-_", validate=True)
        parts = msgspec.json.decode(decoded, type=list[str])
    except (ValueError, RecursionError):
        raise problem from None
    if len(parts) != keys or any("\0" in part for part in parts):
        raise problem
    return tuple(parts)
