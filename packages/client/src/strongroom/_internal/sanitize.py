"""Validates what a server sent before it is used.

Otherwise, anything that responds in a server's place could write to the terminal of someone reading an error.
Names are different: they can be any text, and programs decide whether to print them.
"""

import re
from typing import Any

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CODE = re.compile(r"[a-z_]{1,64}")


def request_id(found: object) -> str | None:
    """Return a request ID, or None for anything else."""
    return found if isinstance(found, str) and _REQUEST_ID.fullmatch(found) else None


def code(found: object) -> str | None:
    """Return an error or state code, or None for anything else."""
    return found if isinstance(found, str) and _CODE.fullmatch(found) else None


def text(found: Any) -> str:
    """Return a string. Raises `TypeError` for anything else, as do the next three."""
    if not isinstance(found, str):
        raise TypeError
    return found


def optional_text(found: Any) -> str | None:
    """Return a string, or None for null."""
    return None if found is None else text(found)


def optional_number(found: Any) -> int | None:
    """Return an integer, or None for null. A bool isn't accepted, although it is an integer in Python."""
    if found is not None and type(found) is not int:
        raise TypeError
    return found


def listed(found: Any) -> list[Any]:
    """Return a list."""
    if not isinstance(found, list):
        raise TypeError
    return found  # pyright: ignore[reportUnknownVariableType]
