"""A secret value in memory, which refuses to be printed, compared, stored or sent by accident."""

from typing import NoReturn, final


@final
class Plaintext:
    """The bytes of a secret, to be had only by an explicit `reveal()`.

    Whatever usually carries a value out unnoticed fails loudly: `repr` and `str` give a mask;
    formatting with a specification, JSON (no `__dict__`, not a known type), pickling, copying,
    hashing and comparison raise. Compare digests in constant time instead.

    What Python cannot do: erase the bytes. They live until the collector takes them, so the
    promise is *not on disk, not in logs*, not *not in memory* (docs/design/threat-model.md).
    """

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    @classmethod
    def from_text(cls, text: str) -> "Plaintext":
        """Wrap text as UTF-8. Raises `UnicodeEncodeError` on lone surrogates."""
        return cls(text.encode())

    def reveal(self) -> bytes:
        """Return the bytes. Every call site is a place an auditor reads."""
        return self._value

    def __len__(self) -> int:
        return len(self._value)

    def __repr__(self) -> str:
        return "Plaintext(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        if spec:
            raise TypeError("a Plaintext is not formatted")
        return repr(self)

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("a Plaintext is not compared; compare digests with hmac.compare_digest")

    def __hash__(self) -> NoReturn:
        raise TypeError("a Plaintext is not hashed")

    def __bool__(self) -> NoReturn:
        raise TypeError("a Plaintext has no truth value; use len()")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Plaintext is not pickled or copied")
