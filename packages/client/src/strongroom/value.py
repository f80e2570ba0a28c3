"""A secret value that does not print itself."""

import hmac
from datetime import datetime
from typing import Any, NoReturn, final

MASK = "***"


@final
class Value:
    """A secret's value. Whatever prints, formats or serialises it gets `***` or a `TypeError`.

    `reveal()` gives the text. Two values are compared in constant time, and equal nothing else.
    What Python cannot do: erase the text. It lives until the collector takes it.
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
        """When the value was cached, if it comes from the offline cache."""
        return self._offline

    @property
    def version(self) -> int | None:
        """The secret's version that this is a value of; None if it is not known."""
        return self._version

    def reveal(self) -> str:
        """Return the text. Every call site is a place an auditor reads."""
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
        # Lone surrogates have no UTF-8, and the error about them would hold the text.
        mine, others = (each.reveal().encode("utf-8", "surrogatepass") for each in (self, other))
        return hmac.compare_digest(mine, others)

    __hash__ = None  # pyright: ignore[reportAssignmentType] -- a hash would tell values apart in a table

    def __bool__(self) -> bool:
        return bool(self._text)

    def __copy__(self) -> "Value":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "Value":
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Value is not pickled: reveal() it where its text is meant to go")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a Value has no state to hand out: reveal() gives its text")
