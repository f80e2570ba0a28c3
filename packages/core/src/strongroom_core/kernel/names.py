"""The rules for names: which are allowed, and the form in which they are compared and sorted."""

import re
import unicodedata

from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.limits import FILTER_LENGTH

_KEPT_OUT = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, formatting and unassigned characters, which hide, reverse or break parts of a name on screen."""

_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks that are invisible, regardless of their category."""

_LIKE_ID = re.compile("(sk|proj|app)_[a-z0-9]{10,16}")


def require_name(text: str, *, field: str, most: int) -> str:
    """Return the name as typed. Raises `Invalid` unless it is 1 to `most` visible characters."""
    if not text or len(text) > most:
        raise Invalid(f"{field} must be 1–{most} characters", field=field)
    if text != text.strip():
        raise Invalid(f"{field} starts or ends with a space", field=field)
    require_visible(text, field=field)
    return text


def require_path_part(text: str, *, field: str, most: int) -> str:
    """Return a name that is part of a secret's path, so that every path is unambiguous (S-11).

    Raises `Invalid` in the same cases as `require_name`, for `/` and `#`, which separate the parts of a path,
    and for a name that looks like an ID, because commands accept IDs instead of paths.
    """
    require_name(text, field=field, most=most)
    if "/" in text or "#" in text:
        raise Invalid(
            f"{field} can't contain / or #, which separate the parts of a path", field=field
        )
    if _LIKE_ID.fullmatch(text):
        raise Invalid(f"{field} looks like an ID; choose another", field=field)
    return text


def require_visible(text: str, *, field: str, besides: str = "") -> str:
    """Return the text. Raises `Invalid` for invisible characters, except those in `besides`."""
    for character in text:
        if character in besides:
            continue
        if character in _BLANK or unicodedata.category(character) in _KEPT_OUT:
            raise Invalid(f"{field} contains an invisible character", field=field)
    return text


def require_text(text: str | None, *, field: str, most: int) -> str | None:
    """Return longer text, which can have line breaks, or None if the text is absent or empty."""
    if not text:
        return None
    if len(text) > most:
        raise Invalid(f"{field} must be at most {most} characters", field=field)
    return require_visible(text, field=field, besides="\n\t")


def require_searchable(text: str, *, field: str, most: int = FILTER_LENGTH) -> str:
    """Return a search query. Raises `Invalid` if it is too long, or contains NUL."""
    if len(text) > most or "\0" in text:
        says = f"{field} must be at most {most} characters and must not contain NUL"
        raise Invalid(says, field=field)
    return text


def is_storable(text: str) -> bool:
    """Whether the database can store the text: it contains no NUL and no lone surrogate."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def folded(name: str) -> str:
    """Return the form in which names are sorted and compared, regardless of case."""
    return unicodedata.normalize("NFKC", name).casefold()[:510]
