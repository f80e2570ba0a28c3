"""Thirty-two bytes of key material in memory, which refuse to leave by accident."""

from typing import NoReturn

KEY_BYTES = 32


class Key:
    """A symmetric key of 32 bytes, to be had only by an explicit `raw()`.

    `repr`, `str` and formatting give a mask; pickling, copying, hashing and comparison raise, as
    they do for `Plaintext`. The constructor raises `ValueError` for any other length.
    """

    __slots__ = ("_raw",)

    def __init__(self, raw: bytes) -> None:
        if len(raw) != KEY_BYTES:
            raise ValueError(f"a key takes {KEY_BYTES} bytes")
        self._raw = raw

    def raw(self) -> bytes:
        """Return the bytes. Only the modules of `crypto` have a reason to call it."""
        return self._raw

    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"

    def __str__(self) -> str:
        return repr(self)

    def __format__(self, spec: str) -> str:
        if spec:
            raise TypeError("a key is not formatted")
        return repr(self)

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("a key is not compared; use its check value or its id")

    def __hash__(self) -> NoReturn:
        raise TypeError("a key is not hashed")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a key is not pickled or copied")
