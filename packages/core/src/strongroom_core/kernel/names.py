"""What people may call things, and the form in which names are compared and sorted."""

import unicodedata

from strongroom_core.kernel.errors import Invalid

_KEPT_OUT = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, formatting and unassigned characters: they hide, reverse or break what a name shows."""

_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks by their category, that are drawn as nothing."""


def require_name(text: str, *, field: str, most: int) -> str:
    """Return the name as typed. Raises `Invalid` unless it is 1 to `most` visible characters."""
    if not text or len(text) > most:
        raise Invalid(f"{field} is 1 to {most} characters", field=field)
    if text != text.strip():
        raise Invalid(f"{field} begins or ends with a space: remove it", field=field)
    require_visible(text, field=field)
    return text


def require_visible(text: str, *, field: str, besides: str = "") -> str:
    """Return the text. Raises `Invalid` for characters that hide, except those in `besides`."""
    for character in text:
        if character in besides:
            continue
        if character in _BLANK or unicodedata.category(character) in _KEPT_OUT:
            raise Invalid(f"{field} contains a character that cannot be seen", field=field)
    return text


def optional_text(text: str | None, *, field: str, most: int) -> str | None:
    """Return a longer text, line breaks allowed, or None for an absent or empty one."""
    if not text:
        return None
    if len(text) > most:
        raise Invalid(f"{field} is at most {most} characters", field=field)
    return require_visible(text, field=field, besides="\n\t")


def folded(name: str) -> str:
    """Return the form by which names are sorted, and told apart where case does not count."""
    return unicodedata.normalize("NFKC", name).casefold()[:510]
