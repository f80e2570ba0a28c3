"""What JSON must have said where a text, a number or a list is wanted. All raise `TypeError`."""

from typing import Any


def text(found: Any) -> str:
    """Return a text."""
    if not isinstance(found, str):
        raise TypeError
    return found


def optional_text(found: Any) -> str | None:
    """Return a text, or None for null."""
    return None if found is None else text(found)


def optional_number(found: Any) -> int | None:
    """Return a whole number, or None for null. A truth is none, although Python thinks so."""
    if found is not None and type(found) is not int:
        raise TypeError
    return found


def listed(found: Any) -> list[Any]:
    """Return a list."""
    if not isinstance(found, list):
        raise TypeError
    return found  # pyright: ignore[reportUnknownVariableType]
