"""Numbers and lists in sentences."""

from collections.abc import Sequence

NAMED = 2


def counted(number: int, noun: str) -> str:
    """Return `1 secret`, `12 secrets`, `1,284 secrets`."""
    return f"{number:,} {noun if number == 1 else f'{noun}s'}"


def joined(names: Sequence[str]) -> str:
    """Return `a`, `a and b`, or `a, b and 3 more`."""
    if len(names) <= NAMED:
        return " and ".join(names)
    return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"
