"""E-mail addresses and usernames: what is accepted, and the form that is compared."""

import re
import unicodedata

from strongroom_core.kernel.errors import Invalid

_USERNAME = re.compile(r"[a-z0-9._-]{3,32}", re.IGNORECASE | re.ASCII)
_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,185}")


EMAIL_LENGTH = 254
"""What RFC 5321 leaves for an address, and the column holds of a folded one."""


def fold(text: str) -> str:
    """Return the one form used wherever accounts are compared, counted or looked up.

    Two forms in two places would be a way around a lockout (CVE-2025-6004).
    """
    return unicodedata.normalize("NFKC", text).casefold().strip()


def require_email(text: str) -> str:
    """Return the address without surrounding space. Raises `Invalid` when it cannot be one.

    Whether it exists is shown by mail that arrives, not by a longer pattern (RFC 5321 limits only).
    """
    address = text.strip()
    fits = _EMAIL.fullmatch(address) and len(fold(address)) <= EMAIL_LENGTH
    if not fits or not address.isprintable():
        raise Invalid("an e-mail address such as ada@example.org is wanted", field="email")
    return address


def require_username(text: str) -> str:
    """Return the username. Raises `Invalid` unless it is 3–32 of a-z, 0-9, dot, underscore, hyphen."""
    if not _USERNAME.fullmatch(text):
        raise Invalid("a username is 3 to 32 of a-z, 0-9, . _ and -", field="username")
    return text
