"""A secret value that is masked when printed."""

import hmac
from datetime import datetime
from typing import Any, NoReturn, final

MASK = "***"


@final
class Value:
    """A secret's value. Printing, formatting or serializing it results in `***` or a `TypeError`.

    `reveal()` returns the text. Values are compared in constant time, and only with each other. Python
    can't zeroize strings: the text stays in memory until it is garbage-collected.
    """

    __slots__ = ("_offline", "_text", "_version")

    def __init__(
        self, text: str, *, offline: datetime | None = None, version: int | None = None
    ) -> None:
        self._text = text
        self._offline = offline
        self._version = version

    @property
    def offline(self) -> datetime | None:
        """When the value was cached, or None if it came from the server."""
        return self._offline

    @property
    def version(self) -> int | None:
        """The version of the secret that was read, or None if unknown."""
        return self._version

    def reveal(self) -> str:
        """Return the text. To audit a program, search it for calls to this method."""
        return self._text

    def __repr__(self) -> str:
        return f"Value({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Value):
            return NotImplemented
        # Lone surrogates can't be encoded in UTF-8, and the error would contain the text.
        mine, others = (each.reveal().encode("utf-8", "surrogatepass") for each in (self, other))
        return hmac.compare_digest(mine, others)

    __hash__ = None  # pyright: ignore[reportAssignmentType] -- a hash would leak equality

    def __bool__(self) -> bool:
        return bool(self._text)

    def __copy__(self) -> "Value":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "Value":
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Value can't be pickled; use reveal() to get its text")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a Value has no state; use reveal() to get its text")
