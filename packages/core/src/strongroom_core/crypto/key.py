"""Thirty-two bytes of key material in memory, protected from leaking by accident."""

from typing import NoReturn

KEY_BYTES = 32


class Key:
    """A symmetric key of 32 bytes, accessible only through `raw()`.

    `repr`, `str` and formatting return a mask; pickling, copying, hashing and comparison raise errors, as
    with `Plaintext`. The constructor raises `ValueError` for any other length.
    """

    __slots__ = ("_raw",)

    def __init__(self, raw: bytes) -> None:
        if len(raw) != KEY_BYTES:
            raise ValueError(f"a key must have {KEY_BYTES} bytes")
        self._raw = raw

    def raw(self) -> bytes:
        """Return the bytes. Only modules in `crypto` should call it."""
        return self._raw

    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"

    def __str__(self) -> str:
        return repr(self)

    def __format__(self, spec: str) -> str:
        if spec:
            raise TypeError("a key can't be formatted")
        return repr(self)

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("a key can't be compared; use its check value or its ID")

    def __hash__(self) -> NoReturn:
        raise TypeError("a key can't be hashed")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a key can't be pickled or copied")
