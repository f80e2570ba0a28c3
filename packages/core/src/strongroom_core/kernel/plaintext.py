"""A secret value in memory, protected from being printed, compared, stored or sent by accident."""

from typing import NoReturn, final


@final
class Plaintext:
    """The bytes of a secret, accessible only through `reveal()`.

    The usual ways to leak a value are blocked: `repr` and `str` return a mask; formatting with a
    specification, JSON encoding (no `__dict__`, not a known type), pickling, copying, hashing and comparison
    raise an error. Compare digests in constant time instead.

    Python can't zeroize the bytes, which stay in memory until garbage collection. So we promise that values
    aren't on disk or in logs, but not that they aren't in memory (docs/design/threat-model.md).
    """

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    @classmethod
    def from_text(cls, text: str) -> "Plaintext":
        """Wrap text as UTF-8. Raises `UnicodeEncodeError` on lone surrogates."""
        return cls(text.encode())

    def reveal(self) -> bytes:
        """Return the bytes. To audit the code, search for calls to this method."""
        return self._value

    def __len__(self) -> int:
        return len(self._value)

    def __repr__(self) -> str:
        return "Plaintext(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        if spec:
            raise TypeError("a Plaintext can't be formatted")
        return repr(self)

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("a Plaintext can't be compared; compare digests with hmac.compare_digest")

    def __hash__(self) -> NoReturn:
        raise TypeError("a Plaintext can't be hashed")

    def __bool__(self) -> NoReturn:
        raise TypeError("a Plaintext has no truth value; use len()")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Plaintext can't be pickled or copied")
