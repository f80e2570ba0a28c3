"""How many of something, in words."""


def counted(number: int, one: str, several: str = "") -> str:
    """Return `1 variable`, `2 variables`; `several` where an s is not enough."""
    return f"{number} {one if number == 1 else several or f'{one}s'}"
